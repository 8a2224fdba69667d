"""Report files as streams of text cells, numbered by record, nothing dropped unseen."""

from rmnctl.harmonization.reading.raw import RaggedRow, RawReport, ReadSpec
from rmnctl.harmonization.reading.report_file import open_report

__all__ = ["RaggedRow", "RawReport", "ReadSpec", "open_report"]
