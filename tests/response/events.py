"""Recovery where nothing was withheld: `python -m tests.response.events [SEED ...]`.

Worlds of the default market, fitted from their events by week, held to the truth as
`tests.response.recovery` holds fits of releases.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from rmnctl.market.config import Family
from rmnctl.response import fit_curves
from tests.response.family import panels
from tests.response.recovery import Score, judge

#: The worlds of docs/response.md.
SEEDS = (3, 4, 5)


def recovered(seed: int) -> list[Score]:
    """Scores of one world, by multiple of historic spend."""
    with tempfile.TemporaryDirectory() as folder:
        world, panel = panels(Path(folder), Family.SATURATING_EXP, seed)["full_data"]
        return [s for s in judge(world, fit_curves(panel, world.tests, draws=200)) if s.cells]


def main() -> None:
    """Print a table."""
    seeds = [int(a) for a in sys.argv[1:]] or SEEDS
    worlds = [recovered(seed) for seed in seeds]
    print("| spend | in 80 % interval | WAPE by world | bias of the sum by world |")  # noqa: T201
    print("|---|---|---|---|")  # noqa: T201
    for scores in zip(*worlds, strict=True):
        share = sum(s.inside for s in scores) / sum(s.cells for s in scores)
        wape = ", ".join(f"{s.wape:.2f}" for s in scores)
        bias = ", ".join(f"{s.bias:+.2f}" for s in scores)
        print(f"| {scores[0].multiple:g} x | {share:.3f} | {wape} | {bias} |")  # noqa: T201


if __name__ == "__main__":
    main()
