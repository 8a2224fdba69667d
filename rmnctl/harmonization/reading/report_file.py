"""Opening a report file: what it is, and the plain message when it is not a report."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from rmnctl.errors import InputError
from rmnctl.harmonization.reading.raw import RawReport, ReadSpec

_GZIP = b"\x1f\x8b"
_SNIFF = 4096

#: What a person may hand in by mistake, by its first bytes.
_NOT_REPORTS = (
    (b"PK\x03\x04", "an Excel workbook or a zip archive", "Save it as CSV, or unpack it first."),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "Save it as CSV first."),
    (b"%PDF", "a PDF document", "Download the report as CSV or JSON instead."),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file", "Unpack it first."),
    (b"BZh", "a bzip2 file", "Unpack it first."),
)


def open_bytes(path: Path) -> IO[bytes]:
    """The file's content, unpacked when it is gzip."""
    with path.open("rb") as stream:
        packed = stream.read(2) == _GZIP
    return cast("IO[bytes]", gzip.open(path, "rb")) if packed else path.open("rb")


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn every way the disk or gzip can fail into one clear error."""
    try:
        yield
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist.") from error
    except IsADirectoryError as error:
        raise InputError(f"{path} is a directory; name a file in it.") from error
    except EOFError as error:
        raise InputError(
            f"{path} is a gzip file that ends too early; the download was cut off.",
            hint="Fetch the report again; nothing of it was used.",
        ) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{path} is a damaged gzip file.", hint="Fetch it again.") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or 'input error'}.") from error


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
    from rmnctl.harmonization.reading.csv_report import CsvReport
    from rmnctl.harmonization.reading.json_report import JsonReport
    from rmnctl.harmonization.reading.parquet_report import ParquetReport

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
