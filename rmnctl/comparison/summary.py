"""From rows by world to `comparison.json`: computes every figure, shows nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations
from typing import Any

import numpy as np

from rmnctl.comparison.document import Delta, Ends, Equivalence, Estimate, Game, Money
from rmnctl.comparison.statistics import Bootstrap, Interval, shapley, worst_tenth

Rows = Sequence[Mapping[str, Any]]
#: Metrics in money, the first of them first.
MONEY = ("incremental_margin", "incremental_revenue", "spend", "planned_spend", "regret")
METRICS = (
    "incremental_margin",
    "incremental_revenue",
    "roas",
    "iroas",
    "spend",
    "planned_spend",
    "regret",
    "regret_share",
    "stockout_spend_share",
    "floor_broken",
    "accuracy",
    "skus_with_own_curve",
    "cells_with_own_curve",
    "predicted_margin",
    "overpromise",
)
#: Significant digits in documents: far more than any interval allows, and the same on machines
#: whose last bits differ.
_DIGITS = 10


def rounded(value: float) -> float:
    """A figure as documents write it."""
    if not math.isfinite(value) or value == 0:
        return 0.0 if value == 0 else value
    return float(f"{value:.{_DIGITS}g}")


@dataclass(frozen=True)
class Table:
    """Scores by play and world.

    Attributes:
        values: Play to metric to (n,) in the order of worlds.
        worlds: The seeds.
        budget: Of the request.
        bootstrap: Resamples of these worlds.
    """

    values: Mapping[str, Mapping[str, np.ndarray]]
    worlds: tuple[int, ...]
    budget: float
    bootstrap: Bootstrap

    @classmethod
    def of(
        cls,
        rows: Rows,
        budget: float,
        primary: str,
        resamples: int,
        seed: int,
        cluster: Sequence[int] | None = None,
    ) -> Table:
        """Arrange rows; regret and overpromise are computed here.

        Args:
            rows: From `play_world`, every play in every world.
            budget: Of the request.
            primary: The metric that regret is measured in.
            resamples: Of the bootstrap.
            seed: Of the bootstrap.
            cluster: Cluster of each world, in order.
        """
        worlds = tuple(dict.fromkeys(int(r["world"]) for r in rows))
        place = {seed_: i for i, seed_ in enumerate(worlds)}
        values: dict[str, dict[str, np.ndarray]] = {}
        for row in rows:
            mine = values.setdefault(str(row["play"]), {})
            for name, value in row.items():
                if isinstance(value, int | float) and name != "world":
                    column = mine.setdefault(name, np.full(len(worlds), np.nan))
                    column[place[int(row["world"])]] = value
        _add_regret(values, budget, primary)
        clusters = None if cluster is None else np.asarray(cluster)
        return cls(values, worlds, budget, Bootstrap(len(worlds), resamples, seed, clusters))

    def __contains__(self, play: str) -> bool:
        return play in self.values

    def of_play(self, play: str, metric: str) -> np.ndarray:
        """(n,) scores of a play."""
        return self.values[play][metric]

    def estimate(self, values: np.ndarray) -> Estimate:
        """A mean with its interval."""
        found = self.bootstrap.interval(values)
        return Estimate(mean=rounded(found.mean), ci95=_ends(found), n=found.n)

    def money(self, values: np.ndarray) -> Money:
        """An amount with its interval, also in per cent of the budget."""
        found = self.bootstrap.interval(values)
        return self._money(found)

    def _money(self, found: Interval) -> Money:
        return Money(
            mean=rounded(found.mean),
            ci95=_ends(found),
            n=found.n,
            pct=rounded(100 * found.mean / self.budget),
            ci95_pct=_ends(found, 100 / self.budget),
        )

    def delta(self, one: str, other: str, metric: str) -> Delta:
        """One play minus another."""
        return self.delta_of(self.of_play(one, metric) - self.of_play(other, metric), metric)

    def delta_of(self, values: np.ndarray, metric: str) -> Delta:
        """A difference by world."""
        found = self.bootstrap.interval(values)
        scale = 100 / self.budget if metric in MONEY else None
        return Delta(
            mean=rounded(found.mean),
            ci95=_ends(found),
            n=found.n,
            pct=None if scale is None else rounded(found.mean * scale),
            ci95_pct=None if scale is None else _ends(found, scale),
            win_rate=rounded(float(((values > 0) + 0.5 * (values == 0)).mean())),
            worst_decile=rounded(worst_tenth(values)),
        )

    def ratio(self, above: np.ndarray, below: np.ndarray) -> Estimate:
        """Ratio of two means."""
        found = self.bootstrap.ratio(above, below)
        return Estimate(mean=rounded(found.mean), ci95=_ends(found), n=found.n)

    def equivalence(self, values: np.ndarray, bound: float) -> Equivalence:
        """Two one-sided tests of values against a share of the budget."""
        found = self.bootstrap.interval(values, level=0.90)
        low, high = _ends(found, 100 / self.budget)
        inside = low is not None and high is not None and -100 * bound < low and high < 100 * bound
        return Equivalence(
            mean_pct=rounded(100 * found.mean / self.budget),
            ci90_pct=(low, high),
            equivalent=inside,
        )

    def shapley_by_world(self, prefix: str, ends: tuple[str, str], fields: tuple[str, ...],
                         metric: str) -> np.ndarray:  # fmt: skip
        """(n, fields) Shapley values of the game from one arm to another."""
        worth = {}
        for known in every_set(fields):
            name = coalition(prefix, known, fields, ends)
            worth[frozenset(known)] = self.of_play(name, metric)
        return shapley(worth, fields)

    def game(
        self, prefix: str, ends: tuple[str, str], fields: tuple[str, ...], metric: str
    ) -> Game:
        """The game with intervals."""
        shares = self.shapley_by_world(prefix, ends, fields, metric)
        total = self.of_play(ends[1], metric) - self.of_play(ends[0], metric)
        return Game(
            from_arm=ends[0],
            to_arm=ends[1],
            coalitions=2 ** len(fields),
            fields={name: self.money(shares[:, i]) for i, name in enumerate(fields)},
            total=self.money(total),
        )


def every_set(fields: Sequence[str]) -> Iterable[tuple[str, ...]]:
    """All subsets, small ones first."""
    return chain.from_iterable(combinations(fields, n) for n in range(len(fields) + 1))


def coalition(
    prefix: str, known: Sequence[str], fields: Sequence[str], ends: tuple[str, str]
) -> str:
    """Name of the play in which some fields are known; the ends are the arms themselves."""
    if not known:
        return ends[0]
    if len(known) == len(fields):
        return ends[1]
    return f"{prefix}:{'+'.join(f for f in fields if f in known)}"


def _add_regret(values: Mapping[str, dict[str, np.ndarray]], budget: float, primary: str) -> None:
    best = values.get("oracle", {}).get(primary)
    for mine in values.values():
        if primary not in mine:
            continue
        if best is not None:
            mine["regret"] = best - mine[primary]
            mine["regret_share"] = mine["regret"] / budget
        if "predicted_margin" in mine:
            mine["overpromise"] = mine["predicted_margin"] - mine["incremental_margin"]


def _ends(found: Interval, scale: float = 1.0) -> Ends:
    low, high = found.low * scale, found.high * scale
    return (
        rounded(low) if math.isfinite(low) else None,
        rounded(high) if math.isfinite(high) else None,
    )
