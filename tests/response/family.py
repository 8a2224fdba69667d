"""How often the test of the curve family speaks up: `python -m tests.response.family [WORLDS] [SEED]`.

Simulates worlds of the default market under each family of the simulator, fits what a clean room
releases and what events hold, and counts verdicts. Everything it prints is measured in that run.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

from rmnctl.market.config import Family
from rmnctl.response import FamilyTest, Panel, fit_curves, read_panel
from rmnctl.workflows.curves import weekly_sums
from tests.response.recovery import World, draw

#: The worlds of docs/response.md; the test's constants were chosen on those up to 20.
FIRST_SEED, WORLDS = 1, 20
HEADER = (
    "| mode | truth | worlds | wrong family | cannot tell | no sign | kappa | sd | error | low |\n"
    "|---|---|---|---|---|---|---|---|---|---|"
)
MODES = ("clean_room", "full_data")


def panels(folder: Path, family: Family, seed: int) -> dict[str, tuple[World, Panel]]:
    """One world on a catalogue of its own, as each mode sees it."""
    world = draw(
        folder,
        [f"world_seed={seed}", f"catalogue_seed={100 + seed}", f"response.family={family.value}"],
    )
    (market,) = folder.glob("*-simulate-*")
    weekly = weekly_sums(sorted(market.glob("events_*.parquet")), folder / "weekly.parquet")
    skus = sorted({str(sku) for sku in world.panel.sku})
    return {
        "clean_room": (world, world.panel),
        "full_data": (world, read_panel([weekly], skus)),
    }


def judged(family: Family, seed: int) -> dict[str, FamilyTest]:
    """The test of one world in each mode."""
    with tempfile.TemporaryDirectory() as folder:
        seen = panels(Path(folder), family, seed)
        return {
            mode: fit_curves(panel, world.tests, draws=2).family_test
            for mode, (world, panel) in seen.items()
        }


def line(mode: str, family: Family, found: list[FamilyTest]) -> str:
    """A row of the table in docs/response.md."""
    verdicts = Counter(test.verdict for test in found)
    kappa = np.array([test.kappa for test in found])
    error = np.array([test.standard_error for test in found])
    low = np.median([test.low_periods for test in found])
    return (
        f"| {mode} | {family.value} | {len(found)} | {verdicts['wrong family']} "
        f"| {verdicts['cannot tell']} | {verdicts['no sign']} | {kappa.mean():+.3f} "
        f"| {kappa.std(ddof=1):.3f} | {error.mean():.3f} | {low:.0f} |"
    )


def main() -> None:
    """Print the table; arguments: worlds a family, 20 by default, and the first seed."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else WORLDS
    first = int(sys.argv[2]) if len(sys.argv) > 2 else FIRST_SEED
    print(HEADER)  # noqa: T201
    for family in (Family.S_CURVE, Family.SATURATING_EXP, Family.HILL):
        worlds = [judged(family, seed) for seed in range(first, first + count)]
        for mode in MODES:
            print(line(mode, family, [world[mode] for world in worlds]), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
