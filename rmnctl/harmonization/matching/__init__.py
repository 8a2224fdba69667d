"""Which column of an unknown report is which RMIS field: words, values and arithmetic."""

from rmnctl.harmonization.matching.propose import propose
from rmnctl.harmonization.matching.types import Alternate, Chooser, Column, Proposal

__all__ = ["Alternate", "Chooser", "Column", "Proposal", "propose"]
