"""Precision and recall per verdict on labelled copy: `python -m tests.compliance.evaluate [SPLIT …]`.

Without a split all are measured; `heldout5+heldout6` counts two as one. Misses are printed for `dev*` alone.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rmnctl.compliance import Checked, Engine, Verdict, parse_line
from rmnctl.compliance.facts import Copy

HERE = Path(__file__).parent
#: `dev*` are for tuning; the others only for measuring: nobody reads their misses one by one.
SPLITS = tuple(sorted(p.stem.removeprefix("labelled_") for p in HERE.glob("labelled_*.jsonl")))


@dataclass(frozen=True)
class Scores:
    """How verdicts compare with labels.

    Attributes:
        copies: How many were checked.
        accuracy: Share with the labelled verdict.
        precision: By verdict; None where it was never given.
        recall: By verdict; None where it is never the label.
        rule: Share of labelled violations whose labelled rule is among the findings.
        misses: The copies whose verdict or rule differs: label, result.
    """

    copies: int
    accuracy: float
    precision: dict[str, float | None]
    recall: dict[str, float | None]
    rule: float
    misses: list[tuple[dict[str, Any], Checked]]


def labelled(split: str) -> list[dict[str, Any]]:
    """The labelled copies of a split."""
    lines = (HERE / f"labelled_{split}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def evaluate(split: str, engine: Engine) -> Scores:
    """Score the engine on a split, or on several joined by a plus."""
    right: Counter[str] = Counter()
    given: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    named = violations = 0
    misses = []
    for row in (row for one in split.split("+") for row in labelled(one)):
        label = row.pop("expected")
        copy = parse_line(json.dumps(row))
        assert isinstance(copy, Copy), copy
        checked = engine.check(copy)
        verdict = checked.verdict.value
        given[verdict] += 1
        wanted[label["verdict"]] += 1
        right[verdict] += verdict == label["verdict"]
        found = not label["rule"] or label["rule"] in {f.rule for f in checked.findings}
        if label["verdict"] == Verdict.VIOLATION:
            violations += 1
            named += found
        if verdict != label["verdict"] or not found:
            misses.append((row | {"expected": label}, checked))
    names = [v.value for v in Verdict]
    total = sum(wanted.values())
    return Scores(
        total,
        sum(right.values()) / total,
        {n: right[n] / given[n] if given[n] else None for n in names},
        {n: right[n] / wanted[n] if wanted[n] else None for n in names},
        named / violations,
        misses,
    )


def main() -> None:
    """Print the scores of each split, and for dev every miss."""
    engine = Engine.load()
    for split in sys.argv[1:] or SPLITS:
        report(split, evaluate(split, engine))


def report(split: str, scores: Scores) -> None:
    """Print the scores of a split."""
    print(f"{split}: {scores.copies} copies, {scores.accuracy:.3f} verdicts right")  # noqa: T201
    for name in scores.precision:
        p, r = scores.precision[name], scores.recall[name]
        print(f"  {name:<13} precision {p or 0:.3f}  recall {r or 0:.3f}")  # noqa: T201
    print(f"  right rule named in {scores.rule:.3f} of violations")  # noqa: T201
    if split.startswith("dev"):
        for row, checked in scores.misses:
            found = [(f.rule, f.level.value) for f in checked.findings]
            print(f"{row['expected']} {row['platform']} {row['copy']!r} -> {found}")  # noqa: T201


if __name__ == "__main__":
    main()
