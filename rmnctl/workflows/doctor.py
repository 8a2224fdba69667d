"""`rmnctl doctor`: is this machine ready?"""

from __future__ import annotations

import platform
import shutil
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from rmnctl.config import Settings

_PACKAGES = ("duckdb", "numpy", "pyarrow", "pydantic", "typer")
_FREE_GB = 2.0


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    ok: bool
    found: str


def _package(name: str) -> Check:
    try:
        return Check(name, ok=True, found=version(name))
    except PackageNotFoundError:
        return Check(name, ok=False, found="not installed")


def _nearest(path: Path) -> Path:
    return next(p for p in (path, *path.absolute().parents) if p.exists())


def _writable(runs: Path) -> Check:
    place = _nearest(runs)
    try:
        with tempfile.NamedTemporaryFile(dir=place):
            return Check("runs", ok=True, found=f"{runs} can be written")
    except OSError as error:
        return Check("runs", ok=False, found=f"{runs} cannot be written: {error.strerror}")


def doctor(settings: Settings) -> list[Check]:
    """Look at Python, packages, disk and write rights."""
    free = shutil.disk_usage(_nearest(settings.runs)).free / 1e9
    return [
        Check("python", sys.version_info >= (3, 11), platform.python_version()),
        *(_package(name) for name in _PACKAGES),
        _writable(settings.runs),
        Check("disk", free >= _FREE_GB, f"{free:.0f} GB free"),
        Check("threads", ok=True, found=str(settings.threads)),
    ]
