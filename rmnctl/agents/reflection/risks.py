"""Risks: money at stake times how often it happened or happens in draws; no opinions."""

from __future__ import annotations

import numpy as np
from pydantic import Field

from rmnctl.agents.reflection.case import Case
from rmnctl.agents.reflection.value import Worth, worth_of
from rmnctl.config import ConfigModel
from rmnctl.planning import Objective

_SHORT = 0.75
_DROP = 0.10


class Risk(ConfigModel):
    """Something that may go wrong."""

    risk: str
    event: str = Field(description="what happens")
    stake: float = Field(description="what is lost when it happens, unit of the objective")
    frequency: float = Field(ge=0, le=1, description="how often, by `source`")
    expected_loss: float = Field(description="stake x frequency")
    source: str = Field(description="draws | history")
    n: int = Field(description="draws or past events the frequency is of")
    critical: bool = False
    mitigation: str


def risks(case: Case, critical_share: float) -> tuple[Risk, ...]:
    """What may go wrong with a plan, worst expected loss first.

    Args:
        case: The plan; without draws and history little can be said.
        critical_share: A risk is critical above this share of what the plan should bring.
    """
    spend = case.column("spend")
    worth = worth_of(case, spend)
    found = []
    if case.draws is not None:
        found += _of_draws(case, worth, spend)
    if case.learned is not None:
        found += _of_history(case, worth, spend)
    base = max(float(worth.objective.mean()), 0.0)
    marked = [
        r.model_copy(update={"critical": r.expected_loss > critical_share * base}) for r in found
    ]
    return tuple(sorted(marked, key=lambda r: (-r.expected_loss, r.risk)))


def _risk(
    name: str, event: str, lost: np.ndarray, happened: np.ndarray, source: str, mitigation: str
) -> Risk:
    """A risk from what was lost, and whether it happened, in each draw or past event."""
    n = len(happened)
    stake = float(lost[happened].mean()) if happened.any() else 0.0
    frequency = float(happened.mean()) if n else 0.0
    return Risk(
        risk=name,
        event=event,
        stake=round(stake, 2),
        frequency=round(frequency, 4),
        expected_loss=round(stake * frequency, 2),
        source=source,
        n=n,
        mitigation=mitigation,
    )


def _of_draws(case: Case, worth: Worth, spend: np.ndarray) -> list[Risk]:
    value = worth.objective
    expected = float(value.mean())
    found = [
        _risk(
            "falls_short",
            f"The plan brings less than {_SHORT:.0%} of what is expected.",
            expected - value,
            value < _SHORT * expected,
            "draws",
            "Plan on draws with caution: uncertainty.draws and uncertainty.cvar.",
        )
    ]
    if case.request.objective is Objective.INCREMENTAL_MARGIN:
        found.append(
            _risk(
                "loses_money",
                "The plan brings less than it costs.",
                -value,
                value < 0,
                "draws",
                "Start with part of the budget, and test before the rest is spent.",
            )
        )
    floor = case.request.roas_floor
    if floor is not None and spend.sum() > 0:
        revenue = worth.revenue.sum(axis=0)
        found.append(
            _risk(
                "floor_broken",
                "Incremental revenue over spend ends below the floor that was asked for.",
                floor * spend.sum() - revenue,
                revenue < floor * spend.sum(),
                "draws",
                "Ask for a higher floor, by the interval of iROAS.",
            )
        )
    return found


def _of_history(case: Case, worth: Worth, spend: np.ndarray) -> list[Risk]:
    learned = case.learned
    if learned is None:
        return []
    fitted = learned.fitted
    gross = worth.by_cell.mean(axis=1)
    if case.request.objective is Objective.INCREMENTAL_MARGIN:
        gross = gross + spend
    retailer = np.array([key[0] for key in case.keys])
    found = []
    for number, name in enumerate(fitted.attributed.retailers):
        demand = fitted.attributed.demand[number]
        back = max(1, round(case.request.horizon_days / fitted.panel.days))
        drops = _drops(demand, back)
        if len(drops):
            found.append(
                _risk(
                    f"demand_falls:{name}",
                    f"Demand at {name} falls by {_DROP:.0%} or more from one plan's length to the next.",
                    drops * float(gross[retailer == name].sum()),
                    drops >= _DROP,
                    "history",
                    f"Hold back part of {name}'s budget until its first week is seen.",
                )
            )
    return [*found, *_paused(case, worth.by_cell.mean(axis=1))]


def _drops(demand: np.ndarray, back: int) -> np.ndarray:
    """By how much demand fell from `back` periods to the next `back`, wherever both fit."""
    sums = np.convolve(demand, np.ones(back), "valid") / back
    if len(sums) <= back:
        return np.empty(0)
    return np.asarray(1 - sums[back:] / np.maximum(sums[:-back], 1e-12))


def _paused(case: Case, net: np.ndarray) -> list[Risk]:
    """Periods in which ads of a cell stood nearly still, as they do where shelves are empty."""
    learned = case.learned
    if learned is None:
        return []
    panel = learned.fitted.panel
    place: dict[tuple[str, ...], int] = {
        key: i for i, key in enumerate(zip(panel.retailer, panel.placement, panel.sku, strict=True))
    }
    cells = [place[key[:3]] for key in case.keys]
    spend = panel.spend[cells]
    seen = np.isfinite(spend)
    if not seen.any():
        return []
    # A cell that no period shows has no usual spend, and no period in which it paused.
    usual = [
        np.median(row[known]) if known.any() else 0.0
        for row, known in zip(spend, seen, strict=True)
    ]
    paused = seen & (spend < 0.1 * np.array(usual)[:, None])
    often = paused.sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    # What is not shown is not paid for either.
    value = np.maximum(net, 0.0)
    stake, expected = float(value.sum()), float((value * often).sum())
    return [
        Risk(
            risk="ads_pause",
            event="Ads of a SKU stand still, as they do where its shelf is empty.",
            stake=round(stake, 2),
            frequency=round(expected / stake, 4) if stake > 0 else 0.0,
            expected_loss=round(expected, 2),
            source="history",
            n=int(seen.sum()),
            mitigation="Give the planner stock (modes joined and full_data), or check cover of the "
            "largest SKUs before the start.",
        )
    ]
