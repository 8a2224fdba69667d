"""From a network's raw report to RMIS, with every row and cent accounted for."""

from rmnctl.harmonization.config import HarmonizeConfig, InputConfig
from rmnctl.harmonization.mapping import Mapping, all_mappings, find_mapping, load_mapping
from rmnctl.harmonization.reasons import MEANING, Reason

__all__ = [
    "MEANING",
    "HarmonizeConfig",
    "InputConfig",
    "Mapping",
    "Reason",
    "all_mappings",
    "find_mapping",
    "load_mapping",
]
