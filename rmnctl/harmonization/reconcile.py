"""The books: rows and money in must equal rows and money out, to the last digit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rmnctl.errors import Failure
from rmnctl.harmonization.judge import Entry, Source
from rmnctl.tables import one_row, quote

if TYPE_CHECKING:
    import duckdb

PLACES = ("kept", "quarantined", "duplicate", "superseded", "total", "blank")


def money(value: Decimal) -> str:
    """An exact amount without trailing zeros beyond the cent."""
    cents = value.quantize(Decimal("0.01"))
    return f"{cents if cents == value else value.normalize():f}"


def _file_books(entries: Sequence[Entry], ragged: int) -> dict[str, Any]:
    rows = dict.fromkeys(PLACES, 0)
    amounts: dict[str, dict[str, dict[str, Decimal]]] = defaultdict(
        lambda: defaultdict(lambda: dict.fromkeys(PLACES, Decimal(0)))
    )
    for entry in entries:
        rows[entry.disposition] += entry.rows
        for name in ("cost", "revenue"):
            amounts[entry.currency][name][entry.disposition] += getattr(entry, name)
    rows["quarantined"] += ragged
    return {
        "rows_in": sum(rows.values()),
        "rows": rows,
        "money": {
            currency: {
                name: {"in": money(sum(places.values(), Decimal(0)))}
                | {place: money(amount) for place, amount in places.items() if amount}
                for name, places in by_name.items()
            }
            for currency, by_name in sorted(amounts.items())
        },
    }


def books(entries: Sequence[Entry], sources: Sequence[Source]) -> list[dict[str, Any]]:
    """For every input: rows and money in, and where each part ended."""
    return [
        {"input": source.name}
        | _file_books([e for e in entries if e.file == number], len(source.report.ragged))
        for number, source in enumerate(sources)
    ]


def totals(books: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, dict[str, str]]]:
    """The money of all inputs together: currency, measure, and where each part ended."""
    added: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(
        lambda: defaultdict(lambda: Decimal(0))
    )
    for book in books:
        for currency, measures in book["money"].items():
            for name, places in measures.items():
                for place, amount in places.items():
                    added[currency, name][place] += Decimal(amount)
    result: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    for (currency, name), places in sorted(added.items()):
        result[currency][name] = {place: money(amount) for place, amount in places.items()}
    return dict(result)


def check(
    connection: duckdb.DuckDBPyConnection,
    entries: Sequence[Entry],
    written: Mapping[str, Path],
    *,
    ragged: int,
    carried: str | None,
) -> None:
    """Read the written files back and compare them with the judgement.

    Args:
        connection: A query engine.
        entries: What pass one found.
        written: Paths of `rmis`, `quarantine` and `set_aside`.
        ragged: Records with too few or too many cells.
        carried: SQL for the rows taken over from an earlier run, if any.

    Raises:
        Failure: A row or a cent is missing or counted twice.
    """
    expected: dict[str, tuple[Any, ...]] = {
        currency: _add(e for e in entries if e.disposition == "kept" and e.currency == currency)
        for currency in {e.currency for e in entries if e.disposition == "kept"}
    }
    if carried is not None:
        for currency, *sums in _sums(connection, carried):
            before = expected.get(currency, (0, Decimal(0), Decimal(0)))
            expected[currency] = tuple(a + b for a, b in zip(before, sums, strict=True))
    found = {
        c: tuple(s) for c, *s in _sums(connection, f"FROM read_parquet({quote(written['rmis'])})")
    }
    wrong = [
        f"kept rows in {c}" for c in expected.keys() | found if expected.get(c) != found.get(c)
    ]
    for name, places in (
        ("quarantine", ("quarantined",)),
        ("set_aside", ("duplicate", "superseded", "total", "blank")),
    ):
        judged = sum(e.rows for e in entries if e.disposition in places)
        judged += ragged if name == "quarantine" else 0
        found_rows = one_row(
            connection, f"SELECT count(*) FROM read_parquet({quote(written[name])})"
        )
        if found_rows != (judged,):
            wrong.append(name)
    if wrong:
        raise Failure(
            f"The books do not balance ({', '.join(sorted(wrong))}): rows or money judged and "
            "written differ. Nothing of this run is to be used.",
            hint="A file that changed while it was read does this; run again.",
        )


def _add(entries: Iterable[Entry]) -> tuple[int, Decimal, Decimal]:
    chosen = list(entries)
    return (
        sum(e.rows for e in chosen),
        sum((e.cost for e in chosen), Decimal(0)),
        sum((e.revenue for e in chosen), Decimal(0)),
    )


def _sums(connection: duckdb.DuckDBPyConnection, source: str) -> list[tuple[Any, ...]]:
    return connection.execute(
        "SELECT coalesce(currency, '?'), count(*), coalesce(sum(cost), 0), "
        f"coalesce(sum(revenue), 0) {source} GROUP BY 1 ORDER BY 1"
    ).fetchall()
