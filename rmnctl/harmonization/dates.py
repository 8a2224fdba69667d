"""Which date formats fit a sample of cells."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

_FORMATS = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"),
    *("%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%m/%d/%y", "%d/%m/%y"),
    *("%Y-%m-%dT%H:%M", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M", "%a, %b %d, %Y", "%a %d %b %Y"),
    *("%d %b %y", "%b %d %Y", "%A, %B %d, %Y", "%a, %d %b %Y", "%d/%b/%Y", "%Y-%b-%d"),
    *("%b %d, %Y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%B %d, %Y", "%d %B %Y"),
    *("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M:%S%z"),
    *(
        "%Y-%m-%d %H:%M:%S UTC",
        "%Y.%m.%d.",
        "%Y.%m.%d",
        "%Y. %m. %d",
        "%Y. %m. %d.",
        "%Y年%m月%d日",
        "%d.%m.%y",
    ),
)


def _fits(cell: str, fmt: str) -> bool:
    try:
        datetime.strptime(cell.strip(), fmt)  # noqa: DTZ007  a report's day has no zone
    except ValueError:
        return False
    return True


def guess_formats(cells: Sequence[str | None]) -> list[str]:
    """The formats that read every filled cell; more than one where the sample leaves it open."""
    filled = [c for c in dict.fromkeys(cells) if c and c.strip()][:500]
    return [f for f in _FORMATS if filled and all(_fits(c, f) for c in filled)]
