"""Which column of an unknown report is which RMIS field: words, values and arithmetic."""

from rmnctl.harmonization.matcher.propose import propose
from rmnctl.harmonization.matcher.types import Alternate, Chooser, Column, OpenColumn, Proposal

__all__ = ["Alternate", "Chooser", "Column", "OpenColumn", "Proposal", "propose"]
