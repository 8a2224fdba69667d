"""Raw reports as networks write them, each in its own dialect, with the ground truth beside."""

from rmnctl.market.exports.files import RawFile, export_files

__all__ = ["RawFile", "export_files"]
