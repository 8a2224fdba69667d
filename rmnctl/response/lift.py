"""What lift tests say: how much of the credited revenue would not have come without ads.

Attributed data alone cannot tell incremental from organic sales. A past lift test of a retailer
and placement can: attributed revenue over incremental revenue in its weeks. Blocks without a
test learn from those that have one, and their intervals say how little that is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from rmnctl.errors import InputError
from rmnctl.response.panel import Panel
from rmnctl.tables import connect, no_values, quote

#: Share of incremental sales that falls inside usual attribution windows; public prior.
WINDOW_SHARE = 0.9
#: Attributed over incremental revenue before any test: a third of the credit is organic.
RATIO_PRIOR_MEAN, RATIO_PRIOR_SD = float(np.log(WINDOW_SHARE / 0.65)), 0.25
#: Spread of its logarithm between blocks, and between the cells of a block, where no test
#: tells; public priors.
RATIO_SPREAD, CELL_SPREAD = 0.10, 0.18
_NEEDED = ("retailer_id", "placement_type", "start_date", "end_date", "iroas", "iroas_se")


@dataclass(frozen=True)
class LiftTest:
    """One finished lift test of a retailer and placement.

    Attributes:
        retailer: Where.
        placement: Where.
        start: First day.
        end: Last day.
        iroas: Incremental revenue over spend.
        iroas_se: Its standard error.
    """

    retailer: str
    placement: str
    start: date
    end: date
    iroas: float
    iroas_se: float


@dataclass(frozen=True)
class Ratio:
    """Attributed over incremental revenue by block, as a log-normal belief.

    Attributes:
        log_mean: (B,) mean of the logarithm.
        log_sd: (B,) its standard deviation.
        informed: (B,) a lift test of this very block says it.
    """

    log_mean: np.ndarray
    log_sd: np.ndarray
    informed: np.ndarray

    @property
    def point(self) -> np.ndarray:
        """(B,) median ratio."""
        return np.asarray(np.exp(self.log_mean))

    @property
    def organic(self) -> np.ndarray:
        """(B,) organic share of attributed revenue at usual spend."""
        return np.asarray(np.clip(1 - WINDOW_SHARE / np.exp(self.log_mean), 0.02, 0.8))


def read_lift_tests(path: Path) -> tuple[LiftTest, ...]:
    """Read lift tests, as simulated markets and analysed experiments write them.

    Raises:
        InputError: Not such a table, or an estimate without a positive standard error.
    """
    import duckdb

    with connect() as connection, no_values():
        try:
            rows = connection.execute(
                "SELECT retailer_id, placement_type, start_date::DATE, end_date::DATE, "
                f"iroas::DOUBLE, iroas_se::DOUBLE FROM read_parquet({quote(path)}) ORDER BY ALL"
            ).fetchall()
        except duckdb.Error:
            raise InputError(
                f"{path} is not a table of lift tests.",
                hint=f"It needs the columns {', '.join(_NEEDED)}.",
            ) from None
    tests = []
    for number, row in enumerate(rows, 1):
        if any(v is None for v in row) or not (np.isfinite(row[4]) and 0 < row[5] < np.inf):
            raise InputError(
                f"{path}: row {number} lacks a value, or its standard error is not above 0."
            )
        tests.append(
            LiftTest(str(row[0]), str(row[1]), row[2], row[3], float(row[4]), float(row[5]))
        )
    return tuple(tests)


def learn_ratio(panel: Panel, tests: Sequence[LiftTest]) -> Ratio:
    """Attributed over incremental revenue of every block.

    Args:
        panel: Attributed revenue and spend; tests of weeks it does not cover are not used.
        tests: Past lift tests; may be none.
    """
    estimates, variances, places = [], [], []
    number = {block: i for i, block in enumerate(panel.blocks)}
    for test in tests:
        b = number.get((test.retailer, test.placement))
        credit = _attributed_roas(panel, b, test.start, test.end) if b is not None else None
        # A lift that is not above its error has no logarithm worth using.
        if b is None or credit is None or test.iroas <= test.iroas_se:
            continue
        estimates.append(np.log(credit / test.iroas))
        variances.append((test.iroas_se / test.iroas) ** 2)
        places.append(b)
    y, v = np.array(estimates), np.array(variances)
    precision = 1 / (v + RATIO_SPREAD**2) if len(y) else np.array([])
    total = 1 / RATIO_PRIOR_SD**2 + precision.sum()
    centre = (RATIO_PRIOR_MEAN / RATIO_PRIOR_SD**2 + (precision * y).sum()) / total
    mean = np.full(len(panel.blocks), centre)
    variance = np.full(len(panel.blocks), 1 / total + RATIO_SPREAD**2)
    informed = np.zeros(len(panel.blocks), dtype=bool)
    for b in sorted(set(places)):
        own = [i for i, p in enumerate(places) if p == b]
        weight = 1 / RATIO_SPREAD**2 + (1 / v[own]).sum()
        mean[b] = (centre / RATIO_SPREAD**2 + (y[own] / v[own]).sum()) / weight
        variance[b] = 1 / weight
        informed[b] = True
    return Ratio(mean, np.sqrt(variance), informed)


def _attributed_roas(panel: Panel, block: int, start: date, end: date) -> float | None:
    """Attributed revenue over spend of a block in the periods inside a test."""
    last = timedelta(days=panel.days - 1)
    inside = [i for i, s in enumerate(panel.starts) if s >= start and s + last <= end]
    if not inside:
        inside = [i for i, s in enumerate(panel.starts) if s <= end and s + last >= start]
    cells = panel.block == block
    revenue = np.nansum(panel.revenue[cells][:, inside]) + np.nansum(
        panel.rest_revenue[block, inside]
    )
    spend = np.nansum(panel.spend[cells][:, inside]) + np.nansum(panel.rest_spend[block, inside])
    return float(revenue / spend) if inside and spend > 0 and revenue > 0 else None
