"""Incremental response curves from aggregates and lift tests, with honest intervals."""

from rmnctl.response.backtest import Backtest, run_backtest
from rmnctl.response.curves import CURVES_SCHEMA, DRAWS_SCHEMA, Fitted, fit_curves
from rmnctl.response.family import FamilyTest, check_family
from rmnctl.response.lift import LiftTest, read_lift_tests
from rmnctl.response.panel import Panel, read_panel

__all__ = [
    "CURVES_SCHEMA",
    "DRAWS_SCHEMA",
    "Backtest",
    "FamilyTest",
    "Fitted",
    "LiftTest",
    "Panel",
    "check_family",
    "fit_curves",
    "read_lift_tests",
    "read_panel",
    "run_backtest",
]
