"""Confirmation: were only favourites put to the test?"""

from __future__ import annotations

import numpy as np

from rmnctl.agents.reflection.checks.outcome import Asked, BiasCheck
from rmnctl.agents.reflection.config import BiasThresholds
from rmnctl.agents.reflection.evidence import Evidence
from rmnctl.agents.reflection.statistics import hypergeometric_tail


def check(evidence: Evidence, limits: BiasThresholds, seed: int) -> BiasCheck:
    """Chance that so many lift tests fall on favoured blocks if a lot had placed them.

    Favoured are the half of blocks whose part of the plan grew most beside past spend: where a
    test that disagrees would change the plan most is the other half.
    """
    del seed
    asked = Asked(
        evidence,
        "confirmation",
        question="Do lift tests sit on the blocks that the plan favours?",
        statistic="share of tested blocks that the plan favours",
        threshold=f"p < {limits.alpha:g} (hypergeometric)",
        remedy="Test a block that the plan lowers: `rmnctl experiment design` for it.",
        uses=("plan", "spend", "block", "tested"),
    )
    blocks, tests = len(evidence.tested), int(evidence.tested.sum())
    planned = np.bincount(evidence.block, evidence.plan, blocks)
    past = np.bincount(evidence.block, evidence.spend.sum(axis=1), blocks)
    favour = planned / np.maximum(past, 1e-12)
    favoured = np.argsort(np.argsort(-favour, kind="stable"), kind="stable") < blocks // 2
    good = int(favoured.sum())
    if tests == 0:
        return asked.cannot("There is no lift test at all.", blocks)
    if hypergeometric_tail(min(tests, good), tests, good, blocks) >= limits.alpha:
        return asked.cannot(
            f"{tests} tests on {blocks} blocks are too few, or too many, to show a preference.",
            blocks,
        )
    hits = int((evidence.tested & favoured).sum())
    p = hypergeometric_tail(hits, tests, good, blocks)
    return asked.found(
        hits / tests,
        flag=p < limits.alpha,
        n=blocks,
        p_value=p,
        reason=f"{hits} of {tests} tested blocks are among the {good} of {blocks} that the plan "
        "raises most.",
    )
