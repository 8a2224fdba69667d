"""Availability: does the plan favour what there is most data of?"""

from __future__ import annotations

import numpy as np

from rmnctl.agents.reflection.checks.outcome import Asked, BiasCheck
from rmnctl.agents.reflection.config import BiasThresholds
from rmnctl.agents.reflection.evidence import Evidence
from rmnctl.agents.reflection.statistics import partial_correlation, ranks


def check(evidence: Evidence, limits: BiasThresholds, seed: int) -> BiasCheck:
    """Share of the plan's unexplained part that the number of records explains.

    Explained by: performance, usual spend and the retailer. What is left of the plan, beside
    usual spend, should not depend on how often a cell was shown.
    """
    asked = Asked(
        evidence,
        "availability",
        question="Given performance and size, does the plan favour cells with more records?",
        statistic="squared partial correlation of plan and number of records",
        threshold=f"above {limits.availability_share:g} and p < {limits.alpha:g}",
        remedy="Get data for cells that are rarely shown, or compare with a plan whose thin cells "
        "have pooled curves only.",
        uses=("plan", "spend", "revenue", "records", "gain", "item", "retailer"),
    )
    performance = evidence.performance()
    usable = (performance > 0) & (evidence.usual > 0) & (evidence.records > 0)
    n = int(usable.sum())
    records = evidence.records[usable]
    if n < limits.least_cells:
        return asked.cannot(f"{n} cells were shown by themselves.", n)
    if len(np.unique(records)) < 3:
        return asked.cannot("All cells have the same number of records.", n)
    usual = evidence.usual[usable]
    raised = ranks(evidence.plan[usable] / usual)
    _, retailer = np.unique(evidence.retailer[usable].astype(str), return_inverse=True)
    controls = np.column_stack(
        [
            ranks((performance * evidence.gain)[usable]),
            ranks(usual),
            np.eye(retailer.max() + 1)[retailer][:, 1:],
        ]
    )
    correlation, p = partial_correlation(
        raised, ranks(records), controls, evidence.item[usable], seed
    )
    share = correlation**2
    return asked.found(
        share,
        flag=p < limits.alpha and correlation > 0 and share > limits.availability_share,
        n=n,
        p_value=p,
        reason=f"The number of records explains {share:.0%} of what performance, size and retailer "
        f"leave open, {'in favour of' if correlation > 0 else 'against'} cells with more records.",
    )
