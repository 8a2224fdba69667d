"""Checks of when an ad runs against the day or season it speaks of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from rmnctl.compliance.kinds.compiled import Compiled
from rmnctl.compliance.normalise import overlaps
from rmnctl.compliance.pack import Event, Level
from rmnctl.compliance.subject import Hit, Subject, entries

#: An ad may run on for a day after the event.
GRACE = timedelta(days=1)


def _easter(year: int) -> date:
    """Western Easter Sunday (Gregorian computus, Meeus)."""
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return date(year, f // 31, f % 31 + 1)


def _nth(year: int, month: int, weekday: int, number: int) -> date:
    """The nth weekday (Monday 0) of a month; number -1 is the last one."""
    if number > 0:
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (number - 1))
    last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - weekday) % 7)


def event_end(rule: str, year: int) -> date:
    """Last day of an event in a year.

    Args:
        rule: `MM-DD`, `easter+N`, `MM:weekday:n` (Monday 0, n -1 for the last), each with an
            optional `+N` days.
        year: The year.
    """
    base, _, extra = rule.partition("+")
    days = timedelta(days=int(extra or 0))
    if base == "easter":
        return _easter(year) + days
    if ":" in base:
        month, weekday, number = (int(p) for p in base.split(":"))
        return _nth(year, month, weekday, number) + days
    month, day = (int(p) for p in base.split("-", 1))
    return date(year, month, day) + days


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value).strip()[:10])
    except ValueError:
        return None


def period(flight: list[Any]) -> tuple[date | None, date | None]:
    """Start and end of a flight given as a record, a pair, or `start/end`."""
    if len(flight) == 1 and isinstance(flight[0], Mapping):
        record = flight[0]
        start = next((record[k] for k in record if "start" in k or k == "from"), None)
        end = next((record[k] for k in record if "end" in k or k in {"to", "until"}), None)
        return _day(start), _day(end)
    days = [
        d
        for text in entries(flight)
        for part in text.replace(" to ", "/").replace("..", "/").split("/")
        if (d := _day(part))
    ]
    return (days[0], days[-1]) if len(days) > 1 else (days[0], None) if days else (None, None)


def _last_day(event: Event, region: str | None, start: date) -> date:
    """The end of the occurrence that a flight beginning on `start` means: the nearest one."""
    rule = event.by_region.get(region or "", event.ends)
    ends = [event_end(rule, start.year + n) for n in (-1, 0, 1)]
    return min(ends, key=lambda end: abs((end - start).days))


def date_window(compiled: Compiled, subject: Subject) -> Iterator[Hit]:
    """Words for a season need a flight, and the flight must end with the season."""
    text = subject.text.folded
    own = subject.own_names(cased=False)
    flight = subject.facts.flight
    innocent = compiled.innocent.spans(text.text) if compiled.innocent else ()
    skip = sorted([*own, *innocent])
    tries = subject.tries.get(compiled)
    for name, (pattern, event) in compiled.words.events.items():
        if tries is not None and pattern.pattern not in tries:
            continue
        match = next((m for m in pattern.finditer(text.text) if not overlaps(m.span(), skip)), None)
        if match is None:
            continue
        span = text.span(*match.span())
        start, end = period(flight) if flight else (None, None)
        if flight is None:
            yield Hit(span, level=Level.NEEDS_FACTS, missing=("flight",))
        elif not flight:
            yield Hit(span, message=f"It names {name} and has no flight dates.")
        elif end is None:
            yield Hit(span, level=Level.NEEDS_FACTS, missing=("flight",))
        else:
            last = _last_day(event, subject.region, start or end)
            if end > last + GRACE:
                yield Hit(
                    span,
                    message=f"It names {name} and runs until {end}, more than a day after {last}.",
                    suggest=f"End the flight by {last + GRACE}.",
                )


def in_force(compiled: Compiled, subject: Subject) -> bool:
    """False where the whole flight lies before the rule begins to hold."""
    begins, flight = compiled.check.in_force_from, subject.facts.flight
    if begins is None or not flight:
        return True
    _, end = period(flight)
    return end is None or end >= begins
