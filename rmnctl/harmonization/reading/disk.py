"""Report files on disk: their bytes, unpacked, and one clear error for every way that can fail."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from rmnctl.errors import InputError

_GZIP = b"\x1f\x8b"


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
