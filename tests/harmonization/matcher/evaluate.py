"""How well the matcher reads labelled reports: `python -m tests.harmonization.matcher.evaluate`.

Tune on `dev` only. `heldout` is for measuring: look at its figures, never at its reports.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from typing import Any

from rmnctl.harmonization.matcher import Column, propose
from tests.corpus.generate import load_reports, rows, suggested_rows

SURE = 0.9


@dataclass
class Figures:
    """Counts over a set of reports.

    Attributes:
        wanted: Pairs of report and core field that have a first choice.
        right: Of these, given to that very column.
        defensible: Of these, given to that column or an acceptable alternate.
        without: Columns without a core field.
        mapped: Of these, given one.
        sure: Proposals with a confidence of at least 0.9.
        sure_wrong: Of these, wrong.
    """

    wanted: int = 0
    right: int = 0
    defensible: int = 0
    without: int = 0
    mapped: int = 0
    sure: int = 0
    sure_wrong: int = 0
    families: dict[str, list[int]] = field(default_factory=dict)

    @property
    def accuracy(self) -> float:
        """Share of core fields given to their first choice."""
        return self.right / self.wanted

    @property
    def false_map(self) -> float:
        """Share of columns without a core field that were given one."""
        return self.mapped / self.without

    @property
    def wrong_when_sure(self) -> float:
        """Share of sure proposals that are wrong."""
        return self.sure_wrong / max(self.sure, 1)


def columns_of(report: dict[str, Any], seed: int) -> list[Column]:
    """A report with drawn values, as the matcher sees it."""
    drawn = rows(report, suggested_rows(report), seed)
    names = [c["name"] for c in report["columns"]]
    return [Column(name, tuple(row[name] or None for row in drawn)) for name in names]


def judge_report(report: dict[str, Any], columns: list[Column], figures: Figures) -> None:
    """Add one report to the figures."""
    labels = {c["name"]: c["field"] or "" for c in report["columns"]}
    proposals = propose(columns)
    given = {p.field: p.source for p in proposals if p.field}
    family = figures.families.setdefault(report["family"], [0, 0])
    for name, label in labels.items():
        if label and "@" not in label:
            right = given.get(label) == name
            near = labels.get(given.get(label, ""), "") == f"{label}@alt"
            figures.wanted += 1
            figures.right += right
            figures.defensible += right or near
            family[0] += right
            family[1] += 1
    for proposal in proposals:
        label = labels[proposal.source].removesuffix("@alt")
        figures.without += not label
        figures.mapped += not label and proposal.field is not None
        if proposal.field is not None and proposal.confidence >= SURE:
            figures.sure += 1
            figures.sure_wrong += proposal.field != label


def evaluate(split: str, seeds: tuple[int, ...] = (1, 2)) -> Figures:
    """Figures of one split, over several draws of values."""
    figures = Figures()
    for report in load_reports():
        if report["split"] == split:
            for seed in seeds:
                judge_report(report, columns_of(report, seed), figures)
    return figures


def main() -> None:
    """Print the figures of a split."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", choices=("dev", "heldout"), default="dev")
    split = parser.parse_args().split
    f = evaluate(split)
    print(  # noqa: T201
        f"{split}: first choice {f.accuracy:.3f} ({f.right}/{f.wanted}), with alternates "
        f"{f.defensible / f.wanted:.3f}, core field given to a column without one "
        f"{f.false_map:.4f} ({f.mapped}/{f.without}), wrong when sure "
        f"{f.wrong_when_sure:.4f} ({f.sure_wrong}/{f.sure})"
    )


if __name__ == "__main__":
    main()
