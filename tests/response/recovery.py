"""How well curves recover a truth that is known: `python -m tests.response.recovery`.

Simulates worlds of the default market, releases both retailers, fits, and holds the 80 %
intervals of incremental revenue to the truth. Everything it prints is measured in that run.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from rmnctl.cleanroom import Policy, load_policy
from rmnctl.config import Settings, load_config
from rmnctl.market import MarketConfig
from rmnctl.market.config import Family
from rmnctl.market.curves import respond
from rmnctl.response import (
    Backtest,
    Fitted,
    LiftTest,
    Panel,
    fit_curves,
    read_lift_tests,
    read_panel,
    run_backtest,
)
from rmnctl.workflows.cleanroom_release import ReleaseConfig, cleanroom_release
from rmnctl.workflows.simulate import simulate

ROOT = Path(__file__).parent.parent.parent
MULTIPLES = (0.1, 0.25, 0.5, 1.0, 2.0)
#: What the document reports: worlds on several catalogues, and one whose curves are S-shaped.
WORLDS = (
    ("world_seed=3",),
    ("world_seed=4", "catalogue_seed=12"),
    ("world_seed=5", "catalogue_seed=13"),
    ("world_seed=3", "response.family=s_curve"),
)


@dataclass(frozen=True)
class Truth:
    """True curves of the N cells of a panel, in its order."""

    family: Family
    a: np.ndarray
    c: np.ndarray
    shape: np.ndarray
    spend: np.ndarray

    def revenue(self, multiple: float) -> np.ndarray:
        """(N,) incremental revenue at a multiple of historic spend."""
        return respond(self.family, multiple * self.spend, self.a, self.c, self.shape)


@dataclass(frozen=True)
class World:
    """One world as the analyst sees it, and its truth."""

    name: str
    panel: Panel
    tests: tuple[LiftTest, ...]
    truth: Truth


@dataclass(frozen=True)
class Score:
    """How r(x) at a multiple of historic spend was recovered in a group of cells."""

    support: str
    multiple: float
    cells: int
    inside: int
    wape: float
    bias: float
    half_width: float

    @property
    def coverage(self) -> float:
        """Share of cells whose truth lies in their 80 % interval."""
        return self.inside / self.cells if self.cells else float("nan")


def draw(runs: Path, overrides: Sequence[str]) -> World:
    """Simulate a world, release both retailers by their shipped policies, read the releases.

    The grain is pinned to what `auto` chooses there, and nothing is exported: both save time.
    """
    settings = Settings(runs=runs)
    default = ROOT / "configs/market/default.yaml"
    config = load_config(MarketConfig, default, [*overrides, "exports=[]"]).model
    market = simulate(config, settings)
    id_ = market.run.run_id
    released = [
        cleanroom_release(
            ReleaseConfig(
                policy=_weekly(ROOT / f"configs/cleanroom/{retailer}.yaml"),
                events=f"{id_}:events_{retailer}.parquet",
                catalogue=f"{id_}:catalogue.parquet",
            ),
            settings,
        ).run.folder
        for retailer in config.retailers
    ]
    return opened(" ".join(overrides), market.run.folder, released)


def _weekly(path: Path) -> Policy:
    plain = load_policy(path).model_dump(mode="json", by_alias=True)
    plain["dimensions"]["date"]["grain"] = "week"
    return Policy.model_validate(plain)


def opened(name: str, market: Path, releases: Sequence[Path]) -> World:
    """Read what was simulated and released."""
    truth = {
        (row["retailer_id"], row["placement_type"], row["sku_id"]): row
        for row in pq.read_table(market / "truth.parquet").to_pylist()
    }
    skus = sorted({sku for _, _, sku in truth})
    panel = read_panel([folder / "aggregates.parquet" for folder in releases], skus)
    rows = [truth[key] for key in zip(panel.retailer, panel.placement, panel.sku, strict=True)]
    columns = (np.array([float(r[k]) for r in rows]) for k in ("a", "c", "shape", "spend_history"))
    tests = read_lift_tests(market / "lift_tests.parquet")
    return World(name, panel, tests, Truth(Family(rows[0]["family"]), *columns))


def predicted(fitted: Fitted, spend: np.ndarray) -> np.ndarray:
    """(N, D) draws of incremental revenue at (N,) spend."""
    return np.asarray(-np.exp(fitted.log_a) * np.expm1(-spend[:, None] * np.exp(-fitted.log_c)))


def judge(world: World, fitted: Fitted) -> list[Score]:
    """Hold 80 % intervals to the truth, by support and multiple of historic spend."""
    scores = []
    own = fitted.attributed.supported
    for support, cells in (("own", own), ("pooled", ~own)):
        for multiple in MULTIPLES:
            draws = predicted(fitted, multiple * world.truth.spend)[cells]
            true = world.truth.revenue(multiple)[cells]
            if not len(true):
                scores.append(Score(support, multiple, 0, 0, *[float("nan")] * 3))
                continue
            low, middle, high = np.quantile(draws, [0.1, 0.5, 0.9], axis=1)
            scores.append(
                Score(
                    support,
                    multiple,
                    len(true),
                    int(((low <= true) & (true <= high)).sum()),
                    float(np.abs(middle - true).sum() / true.sum()),
                    float(middle.sum() / true.sum() - 1),
                    float(np.median((high - low) / 2 / middle)),
                )
            )
    return scores


def report(world: World, scores: Sequence[Score], backtest: Backtest) -> str:
    """Markdown of one world."""
    lines = [
        f"{world.name}:",
        "",
        "| support | cells | spend | in 80 % interval | WAPE | bias of the sum | half width |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {s.support} | {s.cells} | {s.multiple:g} x | {s.coverage:.3f} | {s.wape:.2f} "
        f"| {s.bias:+.2f} | {s.half_width:.2f} |"
        for s in scores
    ]
    lines += [
        "",
        (
            f"Back-test: {backtest.cells} cell-periods, {backtest.coverage:.3f} inside, "
            f"WAPE {backtest.wape:.3f}, naive {backtest.naive_wape:.3f}."
        ),
        "",
    ]
    return "\n".join(lines)


def plot(world: World, fitted: Fitted) -> str:
    """SVG: true and fitted curves of nine cells at even ranks of historic spend."""
    supported = np.flatnonzero(fitted.attributed.supported)
    ranked = supported[np.argsort(world.truth.spend[supported], kind="stable")]
    chosen = ranked[np.linspace(0, len(ranked) - 1, 11).astype(int)[1:-1]]
    relative = np.linspace(0, 2, 21)
    values = [(predicted(fitted, k * world.truth.spend), world.truth.revenue(k)) for k in relative]
    parts = [
        (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 620 520" font-family="sans-serif" '
            'font-size="10"><rect width="620" height="520" fill="#fff"/>'
        ),
        (
            '<text x="10" y="14">Incremental revenue against spend, 0 to 2 x historic. '
            "Line: truth. Dashed: fit. Band: 80 %.</text>"
        ),
    ]
    for place, cell in enumerate(chosen):
        x0, y0 = 10 + place % 3 * 205, 24 + place // 3 * 165
        bands = np.array([np.quantile(d[cell], [0.1, 0.5, 0.9]) for d, _ in values])
        true = np.array([t[cell] for _, t in values])
        top = max(bands.max(), true.max())
        x = x0 + relative / 2 * 190

        def line(y: np.ndarray, x: np.ndarray = x, y0: int = y0, top: float = top) -> list[str]:
            up = y0 + 145 - y / top * 120
            return [f"{i:.0f},{j:.1f}" for i, j in zip(x, up, strict=True)]

        title = f"{world.panel.retailer[cell]} {world.panel.placement[cell]}"
        parts += [
            f'<text x="{x0}" y="{y0 + 16}">{title}, {world.truth.spend[cell]:.0f} in 28 days</text>',
            (
                f'<polygon points="{" ".join(line(bands[:, 0]) + line(bands[:, 2])[::-1])}" '
                'fill="#9ecae1" opacity="0.6"/>'
            ),
            (
                f'<polyline points="{" ".join(line(bands[:, 1]))}" fill="none" stroke="#08519c" '
                'stroke-dasharray="4 3"/>'
            ),
            f'<polyline points="{" ".join(line(true))}" fill="none" stroke="#000"/>',
            f'<path d="M{x0} {y0 + 25}V{y0 + 145}H{x0 + 190}" fill="none" stroke="#999"/>',
            f'<path d="M{x0 + 95} {y0 + 145}v4" stroke="#999"/>',
        ]
    return "\n".join([*parts, "</svg>", ""])


def main() -> None:
    """Print every world; the first is drawn to the SVG that the first argument names."""
    for number, overrides in enumerate(WORLDS):
        with tempfile.TemporaryDirectory() as folder:
            world = draw(Path(folder), overrides)
            fitted = fit_curves(world.panel, world.tests)
            backtest = run_backtest(world.panel, world.tests)
            print(report(world, judge(world, fitted), backtest), flush=True)  # noqa: T201
            if not number and len(sys.argv) > 1:
                Path(sys.argv[1]).write_text(plot(world, fitted), encoding="utf-8")


if __name__ == "__main__":
    main()
