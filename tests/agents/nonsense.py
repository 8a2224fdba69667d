"""How well nonsense is told from copy: `python -m tests.agents.nonsense`.

`nonsense.jsonl` holds copy for the briefs of `configs/creative/heldout*.yaml`, labelled by hand: written
for it, drawn by the model without a list of words, or drawn from plain words, with the surprise of each.
"""

from __future__ import annotations

import json
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

from rmnctl.agents.creative import pieces_of
from rmnctl.agents.creative.checks import Case
from rmnctl.agents.creative.loop import MAX_SURPRISE
from rmnctl.compliance import Engine
from rmnctl.config import load_config
from rmnctl.workflows.creative import CreativeConfig

LABELLED = Path(__file__).with_suffix(".jsonl")
#: Findings that say that a text means nothing.
RULES = frozenset({"nonsense", "garbled_name", "invented_number"})


def labelled() -> list[dict[str, Any]]:
    """The labelled copy."""
    return [json.loads(line) for line in LABELLED.read_text(encoding="utf-8").splitlines()]


@cache
def _cases(config: str) -> dict[str, Case]:
    loaded = load_config(CreativeConfig, Path(f"configs/creative/{config}.yaml")).model
    engine = Engine.load()
    pieces = pieces_of(loaded.briefs, engine)
    return {p.brief.id: Case.of(p, loaded.voices[p.brief.brand_id], engine) for p in pieces}


def refused(row: dict[str, Any]) -> bool:
    """Whether the checks of words call a text nonsense."""
    _, problems = _cases(row["config"])[row["brief"]].check(row["text"])
    return bool(RULES & {p.rule for p in problems})


def main() -> None:
    """Print how much good copy is refused, how much nonsense, and what surprise tells."""
    rows = labelled()
    groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row["source"], row["config"]].append(row)
    for (source, config), some in groups.items():
        for good in (True, False):
            of = [refused(r) for r in some if r["good"] is good]
            if of:
                name = "good copy" if good else "nonsense"
                print(f"{source}, {config}: words refuse {sum(of)} of {len(of)} ({name})")  # noqa: T201
        _print_surprise(f"{source}, {config}", [r for r in some if "surprise" in r])


def _print_surprise(name: str, rows: list[dict[str, Any]]) -> None:
    good = [r["surprise"] for r in rows if r["good"]]
    bad = [r["surprise"] for r in rows if not r["good"]]
    if not good or not bad:
        return
    pairs = [(g < b) + 0.5 * (g == b) for g in good for b in bad]
    print(f"{name}: surprise has an area under the curve of {sum(pairs) / len(pairs):.2f}")  # noqa: T201
    for most in (0.6, 0.8, 1.0, MAX_SURPRISE, 1.6, 2.0):
        shares = (sum(s > most for s in some) / len(some) for some in (good, bad))
        print("  above {}: {:.2f} of good copy, {:.2f} of nonsense".format(most, *shares))  # noqa: T201


if __name__ == "__main__":
    main()
