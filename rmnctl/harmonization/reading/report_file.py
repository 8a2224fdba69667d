"""Opening a report file: what it is, and the plain message when it is not a report."""

from __future__ import annotations

from pathlib import Path

from rmnctl.errors import InputError
from rmnctl.harmonization.reading.csv_report import CsvReport
from rmnctl.harmonization.reading.disk import open_bytes, readable
from rmnctl.harmonization.reading.json_report import JsonReport
from rmnctl.harmonization.reading.parquet_report import ParquetReport
from rmnctl.harmonization.reading.raw import RawReport, ReadSpec

_SNIFF = 4096

#: What a person may hand in by mistake, by its first bytes.
_NOT_REPORTS = (
    (b"PK\x03\x04", "an Excel workbook or a zip archive", "Save it as CSV, or unpack it first."),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "Save it as CSV first."),
    (b"%PDF", "a PDF document", "Download the report as CSV or JSON instead."),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file", "Unpack it first."),
    (b"BZh", "a bzip2 file", "Unpack it first."),
)


def _refuse_other_kinds(path: Path, head: bytes) -> None:
    for magic, what, fix in _NOT_REPORTS:
        if head.startswith(magic):
            raise InputError(f"{path} is {what}, not a report file.", hint=fix)
    utf16 = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    if not utf16 and b"\x00" in head:
        raise InputError(
            f"{path} is a binary file, not a report.",
            hint="CSV, TSV, JSON, gzip of these, and Parquet are read.",
        )


def open_report(path: Path, spec: ReadSpec | None = None) -> RawReport:
    """Open a report file.

    Args:
        path: A CSV, TSV, JSON or Parquet file, or gzip of one of the first three.
        spec: Its layout; by default everything is found from the file.

    Raises:
        InputError: It is missing, a directory, empty, binary, cut off, of unknown encoding,
            or has a header only in part.
    """
    spec = spec or ReadSpec()
    with readable(path):
        if path.is_dir():
            raise IsADirectoryError
        with open_bytes(path) as stream:
            head = stream.read(_SNIFF)
    if not head.strip():
        raise InputError(f"{path} is empty.", hint="Fetch the report again.")
    if spec.format == "parquet" or (spec.format == "auto" and head.startswith(b"PAR1")):
        return ParquetReport(path)
    _refuse_other_kinds(path, head)
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if spec.format == "json" or (spec.format == "auto" and start[:1] in (b"[", b"{")):
        return JsonReport(path, spec)
    return CsvReport(path, spec)
