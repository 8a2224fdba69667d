"""How often do intervals hold the truth? `python -m tests.comparison.coverage [N] [WORLDS] [CACHE]`.

With `--redraw comparison.parquet N WORLDS` comparisons are drawn from the worlds of a finished one
instead, whose mean is then the truth: the same question about the interval alone, in seconds.

N comparisons of WORLDS worlds each on a small market, no world used twice. The truth of a delta is
its mean over all other comparisons' worlds, whose own error is a fourteenth of one comparison's.
Finished worlds are kept in CACHE, so a killed study resumes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from rmnctl.comparison import Crew, Play, Study
from rmnctl.comparison.statistics import Bootstrap
from rmnctl.market import build_catalogue
from rmnctl.workflows.compare_inputs import market_views
from tests.comparison.conftest import market, policy, request

FIELDS = frozenset({"margin", "stock", "promo", "price"})
PLAYS = (
    Play("clean_room", "release", "public"),
    Play("joined", "release", "private"),
    Play("full_data", "events", "private"),
)


def small_study() -> Study:
    """Twenty-four cells, half of them the brand's; nine weeks."""
    config = market(skus=6, placements=["sponsored_product", "video"], history_days=63)
    views = market_views(build_catalogue(config), 0.32, everything=False)
    return Study(
        config,
        request(budget=1500),
        tuple(policy(r, grain="week", least=20) for r in config.retailers),
        PLAYS,
        {"public": views[frozenset()], "private": views[FIELDS]},
        0,
    )


def deltas(worlds: int, cache: Path | None, workers: int = 2) -> dict[str, np.ndarray]:
    """Delta of incremental margin by world, for the two comparisons that matter."""
    study = small_study()

    def told(done: int, whole: int) -> None:
        if done % 100 == 0:
            print(f"{done} of {whole} worlds", file=sys.stderr)  # noqa: T201

    crew = Crew(cache, workers=workers, progress=told)
    scores: dict[str, list[float]] = {}
    for rows in crew.play([(study, seed) for seed in range(1, worlds + 1)]):
        for row in rows:
            if row["play"] in {p.name for p in PLAYS}:
                scores.setdefault(row["play"], []).append(row["incremental_margin"])
    base = np.array(scores["clean_room"])
    return {n: np.array(scores[n]) - base for n in ("joined", "full_data")}


def covered(values: np.ndarray, comparisons: int, bootstrap: int = 1000) -> float:
    """Share of comparisons whose 95 % interval holds the mean of all other worlds."""
    groups = values.reshape(comparisons, -1)
    inside = 0
    for number, own in enumerate(groups):
        truth = (groups.sum() - own.sum()) / (groups.size - own.size)
        found = Bootstrap(len(own), bootstrap, number).interval(own)
        inside += found.low <= truth <= found.high
    return inside / comparisons


def redrawn(path: Path, comparisons: int, worlds: int) -> None:
    """Print coverage of comparisons that are drawn, with replacement, from finished worlds."""
    rows = pq.read_table(path).to_pylist()
    scores: dict[str, dict[int, float]] = {}
    for row in rows:
        if row["incremental_margin"] is not None:
            scores.setdefault(row["play"], {})[row["world"]] = row["incremental_margin"]
    rng = np.random.default_rng(0)
    for name in ("joined", "full_data", "reports"):
        found = np.array([v - scores["clean_room"][w] for w, v in scores[name].items()])
        inside = 0
        for number in range(comparisons):
            own = Bootstrap(worlds, 1000, number).interval(rng.choice(found, worlds))
            inside += own.low <= found.mean() <= own.high
        print(  # noqa: T201
            f"{name} - clean_room: {comparisons} comparisons of {worlds} of {len(found)} worlds, "
            f"coverage {inside / comparisons:.3f}"
        )


def main() -> None:
    """Print coverage by delta."""
    given = sys.argv[1:]
    if given and given[0] == "--redraw":
        redrawn(Path(given[1]), int(given[2]), int(given[3]))
        return
    sizes = [int(text) for text in given[:2]]
    comparisons, worlds = (*sizes, *(200, 15)[len(sizes) :])
    cache = Path(given[2]) if len(given) > 2 else None
    for name, values in deltas(comparisons * worlds, cache).items():
        share = covered(values, comparisons)
        error = np.sqrt(share * (1 - share) / comparisons)
        print(  # noqa: T201
            f"{name} - clean_room: mean {values.mean():,.1f}, sd of a world {values.std():,.1f}, "
            f"{comparisons} comparisons of {worlds} worlds, coverage {share:.3f} "
            f"(standard error {error:.3f})"
        )


if __name__ == "__main__":
    main()
