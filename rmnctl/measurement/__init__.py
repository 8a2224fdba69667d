"""Experiments: power, geo and switchback designs, and what they found.

Designs are drawn by lot and judged by the same lot, so that p-values are exact whatever sales
look like. Reads tables of outcomes; knows nothing of the simulator's truth.
"""

from rmnctl.measurement.analysing import analyse_experiment, check_design
from rmnctl.measurement.assignment import Assignment, Comparisons
from rmnctl.measurement.config import (
    AnalyzeConfig,
    ExperimentConfig,
    MatchedPairs,
    Switchback,
    SyntheticControl,
)
from rmnctl.measurement.designing import Designed, design_experiment
from rmnctl.measurement.document import (
    ASSIGNMENT_SCHEMA,
    CONTRASTS_SCHEMA,
    DESIGN_SCHEMA,
    LIFT_TESTS_SCHEMA,
    RESULT_SCHEMA,
    ExperimentDesign,
    ExperimentResult,
)
from rmnctl.measurement.panel import Panel, PanelColumns, read_panel

__all__ = [
    "ASSIGNMENT_SCHEMA",
    "CONTRASTS_SCHEMA",
    "DESIGN_SCHEMA",
    "LIFT_TESTS_SCHEMA",
    "RESULT_SCHEMA",
    "AnalyzeConfig",
    "Assignment",
    "Comparisons",
    "Designed",
    "ExperimentConfig",
    "ExperimentDesign",
    "ExperimentResult",
    "MatchedPairs",
    "Panel",
    "PanelColumns",
    "Switchback",
    "SyntheticControl",
    "analyse_experiment",
    "check_design",
    "design_experiment",
    "read_panel",
]
