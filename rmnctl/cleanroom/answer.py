"""Answers: every one a sum over released atoms, on a dense grid of public values.

This is the analyst's side. It opens the release and nothing else; its engine cannot reach a
file, and its configuration is locked.
"""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from rmnctl.cleanroom.calendar import Grain, contains, first_day, periods, whole
from rmnctl.cleanroom.policy import COUNTS, EVENTS
from rmnctl.cleanroom.query import Query, Ratio, Sum
from rmnctl.cleanroom.refusals import Code, Refusal
from rmnctl.cleanroom.release import META, META_SCHEMA, RELEASE_SCHEMA, TABLE, Release
from rmnctl.config.yaml_file import validate
from rmnctl.errors import RunError
from rmnctl.runs import open_artifact, resolve
from rmnctl.tables import connect, no_values

if TYPE_CHECKING:
    import pyarrow as pa

VERB = "cleanroom-release"
_MAX_CELLS = 1_000_000
_RATIO_PLACES = Decimal("0.000001")
_WITHHELD = {"status": "withheld", "value": None}


@dataclass(frozen=True)
class Answer:
    """What a clean room says to a query.

    Attributes:
        cells: `{"key": {...}, "metrics": {name: {"status", "value"}}}`, one for each public
            combination, whether or not anything is behind it.
        privacy: Under which rules, from which release.
    """

    cells: list[dict[str, Any]]
    privacy: dict[str, Any]

    def plain(self) -> dict[str, Any]:
        """The answer as JSON-ready data."""
        return {"status": "ok", "cells": self.cells, "privacy": self.privacy}


@dataclass(frozen=True)
class Grid:
    """The cells a query asks about, known from public facts alone.

    Attributes:
        names: Grouped dimensions, in order.
        axes: Values of each; None stands for the remainder of the SKUs.
        grain: Length of the periods of `date`.
    """

    names: tuple[str, ...]
    axes: tuple[tuple[str | None, ...], ...]
    grain: Grain

    def __iter__(self) -> Iterator[tuple[str | None, ...]]:
        return iter(itertools.product(*self.axes))


def check(query: Query, release: Release) -> Grid:
    """Hold a query against a release's public document.

    Raises:
        Refusal: It asks for what is not offered; the same whatever the data.
    """
    if query.retailer != release.retailer:
        raise Refusal(Code.POLICY_MISSING)
    for metric in query.metrics:
        named = (metric.field,) if isinstance(metric, Sum) else (metric.above, metric.below)
        if any(name not in release.policy.metrics for name in named):
            raise Refusal(Code.FIELD_NOT_ALLOWED)
    offered = _domains(release)
    if any(name not in offered for name in query.group_by):
        raise Refusal(Code.FIELD_NOT_ALLOWED)
    limits = _limits(query, offered)
    grain = _grain(query, release)
    axes = tuple(
        _days(query, release, grain)
        if name == "date"
        else _values(offered[name], limits.get(name), remainder=name == "sku_id")
        for name in query.group_by
    )
    if math.prod(map(len, axes)) > _MAX_CELLS:
        raise Refusal(Code.BAD_VALUE)
    return Grid(query.group_by, axes, grain)


def _limits(query: Query, offered: dict[str, frozenset[str]]) -> dict[str, set[str]]:
    """The values that the filters leave, by dimension."""
    limits: dict[str, set[str]] = {}
    for condition in query.filters:
        if condition.field == "date":
            raise Refusal(Code.OP_NOT_ALLOWED)
        if condition.field not in offered:
            raise Refusal(Code.FIELD_NOT_ALLOWED)
        if any(value not in offered[condition.field] for value in condition.values):
            raise Refusal(Code.BAD_VALUE)
        left = limits.setdefault(condition.field, set(condition.values))
        left.intersection_update(condition.values)
    return limits


def _domains(release: Release) -> dict[str, frozenset[str]]:
    offered: dict[str, frozenset[str]] = {"date": frozenset()}
    if release.placements is not None:
        offered["placement_type"] = frozenset(release.placements)
    if release.skus is not None:
        offered["sku_id"] = frozenset(release.skus)
    return offered


def _values(
    domain: frozenset[str], chosen: set[str] | None, *, remainder: bool
) -> tuple[str | None, ...]:
    # A filter names SKUs; the remainder has no name, so it is only part of what is not filtered.
    rest: tuple[str | None, ...] = (None,) if remainder and chosen is None else ()
    return (*sorted(domain if chosen is None else chosen), *rest)


def _grain(query: Query, release: Release) -> Grain:
    grain = query.grain or release.grain
    if not contains(grain, release.grain):
        raise Refusal(Code.DATE_NOT_ALIGNED)
    if query.start is None or query.end is None:
        return grain
    period = release.period
    if release.grain is Grain.ALL:
        # One period: the only dates that fit are the ones it covers.
        if period is None or (query.start, query.end) != (period.from_, period.to):
            raise Refusal(Code.DATE_NOT_ALIGNED)
        return grain
    asked = release.grain if grain is Grain.ALL else grain
    if not whole(query.start, query.end, asked):
        raise Refusal(Code.DATE_NOT_ALIGNED)
    if period is not None and (query.start < period.from_ or query.end > period.to):
        raise Refusal(Code.BAD_VALUE)
    return grain


def _days(query: Query, release: Release, grain: Grain) -> tuple[str | None, ...]:
    start, end = query.start, query.end
    if start is None or end is None:
        if release.period is None:
            return ()
        start, end = release.period.from_, release.period.to
    if grain is Grain.ALL:
        return (start.isoformat(),)
    return tuple(
        day.isoformat() for p in periods(start, end, grain) if (day := first_day(p, grain))
    )


class LocalRoom:
    """A clean room on this machine: one release, loaded once, asked many times."""

    def __init__(self, release: Release, atoms: pa.Table) -> None:
        """Load a release.

        Args:
            release: Its public document.
            atoms: Its table.
        """
        self.release = release
        self._lock = threading.Lock()
        self._connection = connect(threads=1)
        self._connection.register("incoming", atoms)
        self._connection.execute("CREATE TABLE atoms AS FROM incoming").fetchall()
        self._connection.unregister("incoming")
        for setting in ("enable_external_access = false", "lock_configuration = true"):
            self._connection.execute(f"SET {setting}")

    @classmethod
    def open(cls, runs: Path, ref: str) -> Self:
        """Open the release of a run.

        Raises:
            RunError: There is no such complete run, or the release was altered.
        """
        import pyarrow.parquet as pq

        folder, manifest = resolve(runs, ref, VERB)
        document = open_artifact(folder, manifest, META, META_SCHEMA)
        table = open_artifact(folder, manifest, TABLE, RELEASE_SCHEMA)
        release = read_release(document)
        artifact = manifest.artifact(TABLE)
        if artifact is None or artifact.sha256 != release.table_sha256:
            raise RunError(f"{manifest.run_id}: {META} and {TABLE} are not of one release.")
        return cls(release, pq.read_table(table))

    def close(self) -> None:
        """Let go of the engine."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, query: Query) -> Answer:
        """Answer a query.

        Raises:
            Refusal: The policy does not allow it.
        """
        grid = check(query, self.release)
        needed = tuple(dict.fromkeys(itertools.chain.from_iterable(map(columns_of, query.metrics))))
        found = self._sums(query, grid, needed)
        nothing: tuple[Any, ...] = (None,) * (2 * len(needed))
        cells = []
        for key in grid:
            row = found.get(key, nothing)
            sums = dict(zip(needed, row[: len(needed)], strict=True))
            atoms = dict(zip(needed, row[len(needed) :], strict=True))
            cells.append(
                {
                    "key": dict(zip(grid.names, key, strict=True)),
                    "metrics": {m.name: self._value(m, sums, atoms) for m in query.metrics},
                }
            )
        return Answer(cells, privacy_statement(self.release))

    def _sums(
        self, query: Query, grid: Grid, needed: Sequence[str]
    ) -> dict[tuple[str | None, ...], tuple[Any, ...]]:
        keys = [_key_sql(name, grid, self.release, query) for name in grid.names]
        where, values = ["true"], list[Any]()
        if query.start is not None and self.release.grain is not Grain.ALL:
            where.append("date BETWEEN ? AND ?")
            values += [query.start, query.end]
        for condition in query.filters:
            where.append(f"list_contains(?, {condition.field})")
            values.append(list(condition.values))
        sums = [f"sum({m})" for m in needed] + [f"count({m})" for m in needed]
        by = f" GROUP BY {', '.join(str(i + 1) for i in range(len(keys)))}" if keys else ""
        sql = f"SELECT {', '.join([*keys, *sums])} FROM atoms WHERE {' AND '.join(where)}{by}"
        with self._lock, no_values():
            rows = self._connection.execute(sql, values).fetchall()
        width = len(keys)
        return {tuple(row[:width]): tuple(row[width:]) for row in rows}

    def _value(
        self, metric: Sum | Ratio, sums: dict[str, Any], atoms: dict[str, Any]
    ) -> dict[str, Any]:
        if isinstance(metric, Ratio):
            above, below = sums[metric.above], sums[metric.below]
            if above is None or not below:
                return dict(_WITHHELD)
            ratio = (Decimal(above) / Decimal(below)).quantize(_RATIO_PLACES)
            return {"status": "ok", "value": float(ratio)}
        (column,) = columns_of(metric)
        total = sums[column]
        if total is None:
            return dict(_WITHHELD)
        value = {"status": "ok", "value": int(total) if column in COUNTS else _number(total)}
        if self.release.dp is not None:
            value["within_95"] = accuracy(self.release.dp.scale[column], int(atoms[column]))
        return value


def accuracy(scale: float, atoms: int) -> float:
    """Half width within which the noise in a sum of atoms lies in at least 95 % of releases.

    Exact for one atom, where Laplace noise exceeds b·ln(20) in 5 %; for more, the same multiple
    of the standard deviation, which is wide because sums have lighter tails.
    """
    return round(scale * math.log(20) * math.sqrt(max(atoms, 1)), 6)


def columns_of(metric: Sum | Ratio) -> tuple[str, ...]:
    """The released columns that a metric is made of."""
    if isinstance(metric, Ratio):
        return metric.above, metric.below
    return (EVENTS,) if metric.agg == "count" else (metric.field,)


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def _key_sql(name: str, grid: Grid, release: Release, query: Query) -> str:
    if name != "date":
        return name
    if grid.grain is Grain.ALL:
        day = query.start or (release.period.from_ if release.period else date.min)
        return f"'{day.isoformat()}'"
    if grid.grain is release.grain:
        return "date::VARCHAR"
    return f"date_trunc('{grid.grain.value}', date)::DATE::VARCHAR"


def privacy_statement(release: Release) -> dict[str, Any]:
    """What an answer says about the rules it was made under; public facts only."""
    statement: dict[str, Any] = {
        "mode": release.policy.mode,
        "privacy_unit": release.privacy_unit,
        "release": release.digest,
        "version": release.version,
        "policy": release.policy_digest,
        "grain": release.grain.value,
        "thresholds": release.policy.thresholds.plain(),
        "p_percent": release.policy.dominance.p_percent,
        "note": "values are sums over released atoms; what is withheld is not in them",
    }
    if release.privacy_unit == "record":
        statement["warning"] = "the data has no customer key: thresholds count records, not people"
    if release.dp is not None:
        statement |= {
            "epsilon": release.dp.epsilon,
            "epsilon_spent": release.dp.epsilon_spent,
        }
    return statement


def read_release(path: Path) -> Release:
    """Read a release's public document.

    Raises:
        RunError: It is not one.
    """
    import json

    from rmnctl.errors import ConfigError

    try:
        return validate(Release, json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, OSError, ConfigError) as error:
        raise RunError(f"{path} is not a release document.") from error
