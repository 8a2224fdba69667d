"""A world's truth in the form of a planning problem, and the scores of plans in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from rmnctl.market import World, expected_outcome
from rmnctl.planning import PlanRequest

KEY = ("retailer_id", "placement_type", "sku_id")


@dataclass(frozen=True)
class Cells:
    """The brand's cells of a market.

    Attributes:
        shape: Numbers of retailers, placements and SKUs of the market.
        rows: Retailer, placement and SKU of each of the brand's cells, in order.
        flat: Their positions among all cells.
        skus: The brand's SKUs.
    """

    shape: tuple[int, int, int]
    rows: tuple[tuple[str, str, str], ...]
    flat: np.ndarray
    skus: tuple[str, ...]

    @classmethod
    def of(cls, world: World, brand: str, retailers: Sequence[str] = ()) -> Cells:
        """The cells a request may spend on.

        Args:
            world: The world.
            brand: Whose SKUs.
            retailers: Where; everywhere if empty.
        """
        config, skus = world.catalogue.config, world.catalogue.skus
        rows, flat = [], []
        for n, (r, p, s) in enumerate(np.ndindex(*config.cells)):
            retailer = config.retailers[r]
            if skus[s].brand_id == brand and (not retailers or retailer in retailers):
                rows.append((retailer, str(config.placements[p]), skus[s].sku_id))
                flat.append(n)
        own = tuple(s.sku_id for s in skus if s.brand_id == brand)
        return cls(config.cells, tuple(rows), np.array(flat, dtype=np.int64), own)

    def __len__(self) -> int:
        return len(self.rows)

    def spread(self, spend: np.ndarray) -> np.ndarray:
        """Spend of the brand's cells as spend of all cells, (..., R, P, S)."""
        out = np.zeros((*spend.shape[:-1], int(np.prod(self.shape))))
        out[..., self.flat] = spend
        return out.reshape(*spend.shape[:-1], *self.shape)

    def align(self, table: pa.Table, column: str) -> np.ndarray:
        """A column of any table of cells in our order; 0 where it lacks a cell."""
        place = {key: n for n, key in enumerate(self.rows)}
        out = np.zeros(len(self))
        keys = zip(*(table[k].to_pylist() for k in KEY), strict=True)
        for key, value in zip(keys, table[column].to_pylist(), strict=True):
            out[place[key]] = value
        return out


def truth_curves(world: World, cells: Cells) -> pa.Table:
    """`curves/v1` with the truth itself: what the oracle plans on.

    Season, promotions, prices and stock of the horizon are in it. Spending past a stock-out costs
    less than planned where ads pause, but never pays: sales stay at the stock while the cost of
    reaching it only grows, so the planner's stock rule has the same optimum as the scoring.
    """
    horizon, response = world.horizon, world.response
    factor = (horizon.promo_multiplier * horizon.price_multiplier)[:, None, :]

    def of(values: np.ndarray) -> np.ndarray:
        return np.asarray(np.broadcast_to(values, cells.shape).reshape(-1)[cells.flat])

    def pair(values: np.ndarray) -> np.ndarray:
        return of(values[:, None, :])

    stock = pair(horizon.stock_units)
    return pa.table(
        {
            **{k: [row[n] for row in cells.rows] for n, k in enumerate(KEY)},
            "family": [str(response.family)] * len(cells),
            "a": of(horizon.a * factor),
            "c": of(response.c),
            "shape": of(response.shape),
            "margin_rate": pair(horizon.margin_rate),
            "price": pair(horizon.price),
            "stock_units": pa.array(stock, mask=np.isinf(stock)),
            "currency": [world.catalogue.config.currency] * len(cells),
        }
    )


def score(
    world: World, cells: Cells, spend: np.ndarray, request: PlanRequest
) -> Mapping[str, float]:
    """What a plan really brings, in expectation; money in currency units.

    Args:
        world: The truth.
        cells: The brand's cells.
        spend: Planned spend by cell over the horizon.
        request: Gives the ROAS floor.
    """
    found = expected_outcome(world, cells.spread(spend))
    paid, revenue = float(found.spend.sum()), float(found.revenue.sum())
    planned = float(spend.sum())
    limited = found.stock_limited.reshape(-1)[cells.flat]
    margin = float(found.margin.sum())
    floor = request.roas_floor or 0.0
    return {
        "incremental_margin": margin,
        "incremental_revenue": revenue,
        "roas": float(found.attributed.sum()) / paid if paid else 0.0,
        "iroas": revenue / paid if paid else 0.0,
        "spend": paid,
        "planned_spend": planned,
        "stockout_spend_share": float(spend[limited].sum()) / planned if planned else 0.0,
        "floor_broken": float(paid > 0 and revenue < floor * paid * (1 - 1e-9)),
        "loss": float(margin < 0),
    }


def true_revenue(world: World, cells: Cells, spend: np.ndarray) -> np.ndarray:
    """Expected incremental revenue by cell, (..., cells), of spend (..., cells)."""
    found = expected_outcome(world, cells.spread(spend)).revenue
    return np.asarray(found.reshape(*spend.shape[:-1], -1)[..., cells.flat])


def baselines(world: World, cells: Cells, request: PlanRequest) -> dict[str, np.ndarray]:
    """What a brand would do without planning: last period's mix, and the same for every cell.

    Both spend the budget, or what last period spent where that is less.
    """
    days = world.catalogue.config.history_days
    last = world.reported.cost[max(0, days - request.horizon_days) :].sum(axis=0).reshape(-1) / 100
    own = last[cells.flat] * request.horizon_days / min(days, request.horizon_days)
    total = float(own.sum())
    return {
        "last_period": own * min(1.0, request.budget / total) if total else own,
        "equal_split": np.full(len(cells), request.budget / max(len(cells), 1)),
    }
