"""What a test can see and what it must cost, from placebo experiments in the history."""

from __future__ import annotations

from math import ceil, isfinite

import numpy as np

from rmnctl.errors import ConfigError, InputError
from rmnctl.measurement.config import ExperimentConfig
from rmnctl.measurement.document import Payment, Sensitivity
from rmnctl.measurement.randomisation import Placebos, minimum_detectable

#: Placebo tests in time begin every week.
STEP = 7
#: So many placebo tests at least, else power is a guess.
LEAST_WINDOWS = 4
_COMPARED = 512
_PLAYED = 128


def sample_assignments(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Assignments that placebo tests compare, and which of those they play.

    Returns:
        Indices of at most 512 assignments, and positions of at most 128 among them.
    """
    rows = np.random.default_rng([seed, 4]).permutation(count)[:_COMPARED]
    return rows, np.arange(min(len(rows), _PLAYED))


def placebo_starts(history: int, first: int, days: int) -> np.ndarray:
    """First days of placebo tests: every week from `first` on, the last ends with the history.

    Raises:
        InputError: The history is too short for four of them.
    """
    starts = np.arange(history - days, first - 1, -STEP)[::-1]
    if len(starts) < LEAST_WINDOWS:
        short = first + days + STEP * (LEAST_WINDOWS - 1) - history
        raise InputError(
            f"The history of {history} days is too short to know what the test can see.",
            hint=f"At least {short} more days are needed, or a shorter test (days, baseline_days).",
        )
    return starts


def assess(placebos: Placebos, config: ExperimentConfig) -> tuple[Sensitivity, Payment]:
    """Minimum detectable effect, power, false positives, and the spend they imply.

    Raises:
        InputError: No spend was given, and no effect is found often enough at any.
        ConfigError: The test costs more than the budget that should pay for it.
    """
    gaps = placebos.gap[placebos.drawn]
    start = float(np.sqrt((gaps**2).mean()))
    if not start > 0:
        raise InputError("The history never varies; nothing can be learned about noise from it.")
    mde = minimum_detectable(lambda e: placebos.power(e, config.alpha), config.power, start)
    needed = ceil(mde / config.expected_iroas * 100 - 1e-6) / 100 if isfinite(mde) else None
    spend = config.spend if config.spend is not None else needed
    if spend is None:
        raise InputError(
            f"No effect of any size is found with power {config.power:g}.",
            hint="Use more units or another design; or give spend, to see the power at it.",
        )
    if config.budget is not None and spend > config.budget:
        raise ConfigError(
            f"The test costs {spend:.2f} {config.currency}, more than the budget.",
            hint="A longer test, more units or a larger expected_iroas needs less spend.",
        )
    sensitivity = Sensitivity(
        alpha=config.alpha,
        wanted_power=config.power,
        mde_revenue=mde if isfinite(mde) else None,
        mde_iroas=mde / spend if isfinite(mde) else None,
        expected_iroas=config.expected_iroas,
        power=placebos.power(config.expected_iroas * spend, config.alpha),
        false_positive_rate=placebos.power(0.0, config.alpha),
        placebo_windows=placebos.gap.shape[1],
    )
    return sensitivity, _payment(config, needed, spend)


def _payment(config: ExperimentConfig, needed: float | None, spend: float) -> Payment:
    """The price, and what a plan must be asked so that it pays."""
    if config.budget is None:
        return Payment(
            needed=needed, planned=spend, budget=None, experiment_share=None, request=None
        )
    share = spend / config.budget
    # The planner earmarks the cells it knows least; the floor keeps the test's own among them.
    floor = {"scope": "placement", "id": str(config.placement_type), "min_spend": spend}
    return Payment(
        needed=needed,
        planned=spend,
        budget=config.budget,
        experiment_share=share,
        request={"experiment_share": share, "limits": [floor]},
    )


def to_cents(total: float, shares: np.ndarray) -> np.ndarray:
    """Split an amount in whole cents that add up to it, largest remainders first, (N,)."""
    cents = round(total * 100)
    exact = cents * shares
    whole = np.floor(exact + 1e-9).astype(np.int64)
    left = cents - int(whole.sum())
    whole[np.argsort(-(exact - whole), kind="stable")[:left]] += 1
    return whole
