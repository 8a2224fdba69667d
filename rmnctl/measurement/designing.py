"""From a history and a wish to a randomised design."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rmnctl.errors import ConfigError, InputError
from rmnctl.measurement.assignment import Assignment, Comparisons
from rmnctl.measurement.config import ExperimentConfig, MatchedPairs, Switchback
from rmnctl.measurement.document import ExperimentDesign, Span
from rmnctl.measurement.geo_design import GeoDesign
from rmnctl.measurement.panel import ATTRIBUTED_WARNING, Panel
from rmnctl.measurement.switchback_design import SwitchbackDesign

_WEEK = 7


@dataclass(frozen=True)
class Designed:
    """A design with the tables that belong to it.

    Attributes:
        document: `design.json`.
        assignment: `assignment.parquet`.
        comparisons: `contrasts.parquet` of synthetic controls, or None.
    """

    document: ExperimentDesign
    assignment: Assignment
    comparisons: Comparisons | None


def design_experiment(panel: Panel, config: ExperimentConfig) -> Designed:
    """Randomise an experiment and say what it can see and what it costs.

    Args:
        panel: History, the days before the test.
        config: The wish.

    Raises:
        ConfigError: The test starts within the history, or costs more than its budget.
        InputError: Too few units or days, or no effect could be found.
    """
    if config.start_date <= panel.days[-1]:
        raise ConfigError(
            f"start_date: {config.start_date} is not after the history, which ends "
            f"{panel.days[-1]}.",
            hint="A test starts after the days that planned it.",
        )
    if config.baseline_days > len(panel.days):
        raise InputError(
            f"The history of {len(panel.days)} days is shorter than baseline_days, "
            f"{config.baseline_days}."
        )
    if isinstance(config.design, Switchback):
        made: GeoDesign | SwitchbackDesign = SwitchbackDesign(panel, config)
    else:
        made = GeoDesign(panel, config)
    table = made.assignment
    taking_part = tuple(dict.fromkeys(table.units))
    treated = int(table.treated.sum())
    document = ExperimentDesign(
        test_id=config.test_id,
        type="switchback" if isinstance(config.design, Switchback) else "geo",
        design=config.design,
        retailer_id=config.retailer_id,
        placement_type=config.placement_type,
        currency=config.currency,
        start_date=config.start_date,
        end_date=config.end_date,
        baseline=Span(first=panel.days[-config.baseline_days], last=panel.days[-1]),
        history=Span(first=panel.days[0], last=panel.days[-1]),
        units=taking_part,
        arms={"treatment": treated, "control": len(table.treated) - treated},
        unassigned=tuple(sorted(set(panel.units) - set(taking_part))),
        columns=config.columns,
        seed=config.seed,
        randomisation=made.randomisation,
        sensitivity=made.sensitivity,
        spend=made.payment,
        warnings=_warnings(panel, config, made),
    )
    return Designed(document.sealed(), table, made.comparisons)


def _warnings(
    panel: Panel, config: ExperimentConfig, made: GeoDesign | SwitchbackDesign
) -> tuple[str, ...]:
    found = [ATTRIBUTED_WARNING] if panel.attributed else []
    if made.sensitivity.power < config.power - 0.01:
        found.append(
            f"power {made.sensitivity.power:.0%} at this spend is below the wanted "
            f"{config.power:.0%}; a null result would say little"
        )
    if config.baseline_days % _WEEK or config.days % _WEEK:
        found.append("days and baseline_days are best whole weeks: weekdays differ")
    if made.sensitivity.placebo_windows < 8:
        found.append(
            f"only {made.sensitivity.placebo_windows} placebo tests fit the history; the minimum "
            "detectable effect is a rough estimate"
        )
    gap = (config.start_date - panel.days[-1]).days - 1
    if gap:
        found.append(f"{gap} days lie between history and test; placebos had the same gap")
    revenue = panel.revenue.mean(axis=1)
    if isinstance(config.design, MatchedPairs) and np.max(revenue) > 0.3 * np.sum(revenue):
        found.append("one unit makes over 30 % of revenue; its pair decides the test alone")
    return tuple(found)
