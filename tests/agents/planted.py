"""Hit and false-alarm rates of the bias checks: `python -m tests.agents.planted [DRAWS] [--sizes]`.

Each draw is a small market whose truth is known, a history of it, and a plan made by
`rmnctl.planning`. Clean plans come from what the history shows, each period alike; a planted one
has exactly one bias, put in where it would arise: in what is believed, in what is tested, in what
is left out, or in where money stays. With --sizes hit rates of weaker biases are printed, too.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from rmnctl.agents.reflection.checks import CHECKS, Verdict
from rmnctl.agents.reflection.config import BiasThresholds
from rmnctl.agents.reflection.evidence import Evidence
from rmnctl.planning import PlanRequest, plan

RETAILERS, PLACEMENTS, SKUS, PERIODS = 3, 6, 10, 26
BLOCKS = RETAILERS * PLACEMENTS
CELLS = BLOCKS * SKUS
DEPTH, MARGIN = 1.5, 0.32
BUDGET_SHARE = 0.5


@dataclass(frozen=True)
class History:
    """A drawn market and what it showed; cells in the order retailer, placement, SKU."""

    level: np.ndarray
    usual: np.ndarray
    spend: np.ndarray
    revenue: np.ndarray
    shown: np.ndarray
    block: np.ndarray


def draw_history(rng: np.random.Generator) -> History:
    """Spend follows nothing, revenue follows spend, thin cells are shown less often."""
    block = np.repeat(np.arange(BLOCKS), SKUS)
    usual = rng.lognormal(4, 0.8, CELLS)
    level = 4 * rng.lognormal(0, 0.35, CELLS) * rng.lognormal(0, 0.15, BLOCKS)[block]
    spend = usual[:, None] * rng.lognormal(0, 0.35, (CELLS, PERIODS))
    demand = rng.lognormal(0, 0.1, (RETAILERS, PERIODS))[block // PLACEMENTS]
    noise = rng.lognormal(0, 0.3, (CELLS, PERIODS))
    relative = spend / usual[:, None]
    revenue = (level * usual)[:, None] * np.expm1(-DEPTH * relative) / np.expm1(-DEPTH)
    seen = np.clip(rng.normal(0.75, 0.2, CELLS) + 0.1 * np.log(usual / 55), 0.3, 1.0)
    shown = rng.random((CELLS, PERIODS)) < seen[:, None]
    return History(level, usual, spend, revenue * demand * noise, shown, block)


def believed(history: History, weights: np.ndarray) -> np.ndarray:
    """Revenue over spend of each cell as shown, periods weighted, shrunk a little."""
    seen = history.shown * weights
    earned, spent = (seen * history.revenue).sum(axis=1), (seen * history.spend).sum(axis=1)
    rate = earned / np.maximum(spent, 1e-9)
    return 0.9 * rate + 0.1 * earned.sum() / spent.sum()


def curves(history: History, rate: np.ndarray) -> pa.Table:
    """`curves/v1` over four periods from believed revenue over spend."""
    c = 4 * history.usual / DEPTH
    return pa.table(
        {
            "retailer_id": [f"r{b // PLACEMENTS}" for b in history.block],
            "placement_type": [f"p{b % PLACEMENTS}" for b in history.block],
            "sku_id": [f"s{i % SKUS}" for i in range(CELLS)],
            "family": ["saturating_exp"] * CELLS,
            "a": rate * 4 * history.usual / -np.expm1(-DEPTH),
            "c": c,
            "margin_rate": [MARGIN] * CELLS,
        }
    )


def planned(history: History, rate: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Spend by cell, what the next unit brings, and the price of the budget."""
    budget = BUDGET_SHARE * 4 * float(history.usual.sum())
    made = plan(curves(history, rate), PlanRequest(budget=budget, brand_id="b"))
    rows = {(r["retailer_id"], r["placement_type"], r["sku_id"]): r for r in made.allocation}
    keys = zip(*(curves(history, rate)[k].to_pylist() for k in rows_key()), strict=True)
    ordered = [rows[key] for key in keys]
    price = 1 + next(p.price for p in made.prices if p.rule == "budget")
    return (
        np.array([r["spend"] for r in ordered]),
        MARGIN * np.array([r["mroas"] for r in ordered]),
        price,
    )


def rows_key() -> tuple[str, str, str]:
    """Columns that name a cell."""
    return ("retailer_id", "placement_type", "sku_id")


def worth(history: History, rate: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Objective gained by the next unit of spend."""
    table = curves(history, rate)
    a, c = table["a"].to_numpy(), table["c"].to_numpy()
    return MARGIN * a / c * np.exp(-x / c)


def evidence(history: History, rng: np.random.Generator, rate: np.ndarray) -> Evidence:
    """What a plan on these beliefs shows; nothing planted."""
    x, value, price = planned(history, rate)
    # Media are bought in lots, so a plan is carried out roughly.
    x = x * rng.lognormal(0, 0.05, CELLS)
    revenue = np.where(history.shown, history.revenue, np.nan)
    hidden = ~history.shown
    rest_spend, rest_revenue = np.zeros((BLOCKS, PERIODS)), np.zeros((BLOCKS, PERIODS))
    np.add.at(rest_spend, history.block, hidden * history.spend)
    np.add.at(rest_revenue, history.block, hidden * history.revenue)
    named_spend, named_revenue = np.zeros((BLOCKS, PERIODS)), np.zeros((BLOCKS, PERIODS))
    np.add.at(named_spend, history.block, history.shown * history.spend)
    np.add.at(named_revenue, history.block, history.shown * history.revenue)
    tested = np.zeros(BLOCKS, bool)
    tested[rng.choice(BLOCKS, 7, replace=False)] = True
    scatter = rng.normal(0, 0.02, 4)
    return Evidence(
        retailer=np.array([f"r{b // PLACEMENTS}" for b in history.block], dtype=object),
        item=np.array(
            [f"{b // PLACEMENTS}-{i % SKUS}" for i, b in enumerate(history.block)], dtype=object
        ),
        block=history.block,
        gain=np.full(CELLS, MARGIN),
        spend=history.spend,
        revenue=revenue,
        days=7,
        plan=x,
        last=history.spend[:, -4:].sum(axis=1),
        optimum=planned(history, rate)[0],
        worth=value,
        price=price,
        left=0.02,
        own_curve=rng.random(CELLS) > 0.12,
        records=history.shown.sum(axis=1),
        rest_spend=rest_spend,
        rest_revenue=rest_revenue,
        named_spend=named_spend,
        named_revenue=named_revenue,
        tested=tested,
        covered=tuple((int(rng.binomial(CELLS, 0.8 + s)), CELLS) for s in scatter),
    )


def clean(rng: np.random.Generator) -> Evidence:
    """A plan without any of the biases."""
    history = draw_history(rng)
    return evidence(history, rng, believed(history, np.ones(PERIODS)))


def plant(bias: str, rng: np.random.Generator, size: float = 1.0) -> Evidence:
    """A plan with one bias.

    Args:
        bias: Which.
        rng: Of the market and of the bias.
        size: Of the bias, as a part of the one that the documentation names; 0 is none.
    """
    history = draw_history(rng)
    even = np.ones(PERIODS)
    fair = believed(history, even)
    if bias == "recency":
        late = np.where(np.arange(PERIODS) >= PERIODS - 4, 1.0, 1 - 0.9 * size)
        return evidence(history, rng, believed(history, late))
    if bias == "availability":
        records = history.shown.sum(axis=1)
        return evidence(history, rng, fair * (records / records.mean()) ** (0.7 * size))
    base = evidence(history, rng, fair)
    if bias == "anchoring":
        last = base.last * base.plan.sum() / base.last.sum()
        return replace(base, plan=(1 - 0.4 * size) * base.plan + 0.4 * size * last)
    if bias == "overconfidence":
        counts = tuple((int(rng.binomial(CELLS, 0.8 - 0.12 * size)), CELLS) for _ in range(4))
        return replace(base, covered=counts)
    if bias == "confirmation":
        past = np.bincount(base.block, base.spend.sum(axis=1), BLOCKS)
        favour = np.bincount(base.block, base.plan, BLOCKS) / past
        tested = np.zeros(BLOCKS, bool)
        chosen = round(7 * size)
        tested[np.argsort(-favour)[:chosen]] = True
        tested[rng.choice(np.flatnonzero(~tested), 7 - chosen, replace=False)] = True
        return replace(base, tested=tested)
    if bias == "survivorship":
        # What did badly was dropped, more often than not.
        poor = history.level < np.quantile(history.level, 0.3)
        return replace(base, own_curve=~(poor & (rng.random(CELLS) < 0.4 * size)))
    return _kept(base, history, fair, size)


def _kept(base: Evidence, history: History, fair: np.ndarray, size: float) -> Evidence:
    """Sunk cost: where most was spent, spend stays at least what it was."""
    past = base.spend.sum(axis=1)
    loyal = past >= np.quantile(past, 0.75)
    x = np.where(loyal, np.maximum(base.plan, 0.8 * size * base.last), base.plan)
    return replace(base, plan=x, worth=worth(history, fair, x))


def rates(draws: int, seed: int = 0) -> dict[str, tuple[float, float]]:
    """(hit rate, false-alarm rate) of every check.

    Args:
        draws: Markets, each with one clean plan and one plan for each bias.
        seed: Of everything.
    """
    rng = np.random.default_rng(seed)
    limits = BiasThresholds()
    hits, alarms = dict.fromkeys(CHECKS, 0), dict.fromkeys(CHECKS, 0)
    for number in range(draws):
        fair = clean(rng)
        for bias, check in CHECKS.items():
            alarms[bias] += check(fair, limits, number).verdict is Verdict.FLAG
            hits[bias] += check(plant(bias, rng), limits, number).verdict is Verdict.FLAG
    return {bias: (hits[bias] / draws, alarms[bias] / draws) for bias in CHECKS}


#: Parts of the biases that the documentation names.
SIZES = (0.1, 0.25, 0.5, 0.75, 1.0)


def by_size(draws: int, seed: int = 0) -> dict[str, list[float]]:
    """Hit rate of every check at each of `SIZES`.

    Args:
        draws: Markets for each bias and size.
        seed: Of everything.
    """
    rng = np.random.default_rng(seed)
    limits = BiasThresholds()
    return {
        bias: [
            sum(
                check(plant(bias, rng, size), limits, number).verdict is Verdict.FLAG
                for number in range(draws)
            )
            / draws
            for size in SIZES
        ]
        for bias, check in CHECKS.items()
    }


def main() -> None:
    """Print the rates."""
    counts = [int(a) for a in sys.argv[1:] if a.isdigit()]
    draws = counts[0] if counts else 100
    if "--sizes" in sys.argv:
        print(f"{'bias':<16}" + "".join(f"{size:>8.2f}" for size in SIZES) + f"   ({draws} draws)")  # noqa: T201
        for bias, found in by_size(draws).items():
            print(f"{bias:<16}" + "".join(f"{share:>8.0%}" for share in found))  # noqa: T201
        return
    print(f"{'bias':<16}{'hit rate':>10}{'false alarms':>14}   ({draws} draws)")  # noqa: T201
    for bias, (hit, alarm) in rates(draws).items():
        print(f"{bias:<16}{hit:>10.0%}{alarm:>14.0%}")  # noqa: T201


if __name__ == "__main__":
    main()
