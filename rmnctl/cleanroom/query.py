"""The query language: structured, closed, without expressions.

Parsing never touches a release. Whatever is not a query of this form is refused with one of
the constant codes, and nothing of it is repeated.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from rmnctl.cleanroom.calendar import Grain
from rmnctl.cleanroom.refusals import Code, Refusal
from rmnctl.errors import InputError

MAX_BYTES = 256 * 1024
MAX_VALUES = 20_000


@dataclass(frozen=True)
class Sum:
    """The sum of a metric, or the number of event rows."""

    field: str
    agg: str

    @property
    def name(self) -> str:
        """Key of the metric in a cell."""
        return self.field if self.agg == "sum" else f"count_{self.field}"


@dataclass(frozen=True)
class Ratio:
    """One released sum divided by another."""

    above: str
    below: str

    @property
    def name(self) -> str:
        """Key of the metric in a cell."""
        return f"{self.above}_per_{self.below}"


@dataclass(frozen=True)
class Filter:
    """Only cells whose dimension has one of these values."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Query:
    """One question.

    Attributes:
        retailer: Whose clean room.
        metrics: What to return for each cell, in order.
        group_by: Dimensions that tell cells apart, in order.
        start: First day, or None for the whole period.
        end: Last day, inclusive.
        grain: Length of the periods where `date` is grouped by, and that dates must fit.
        filters: All hold at once.
    """

    retailer: str
    metrics: tuple[Sum | Ratio, ...]
    group_by: tuple[str, ...] = ()
    start: date | None = None
    end: date | None = None
    grain: Grain | None = None
    filters: tuple[Filter, ...] = ()

    def plain(self) -> dict[str, Any]:
        """The query as it would be written, in canonical form."""
        dates: dict[str, str] = {}
        if self.start is not None and self.end is not None:
            dates |= {"from": self.start.isoformat(), "to": self.end.isoformat()}
        if self.grain is not None:
            dates["grain"] = self.grain.value
        written: dict[str, Any] = {
            "retailer": self.retailer,
            "metrics": [
                {"field": m.field, "agg": m.agg}
                if isinstance(m, Sum)
                else {"ratio": [m.above, m.below]}
                for m in self.metrics
            ],
            "group_by": list(self.group_by),
            "filters": [
                {"field": f.field, "op": "in", "value": list(f.values)} for f in self.filters
            ],
        }
        return written | ({"date": dates} if dates else {})


class _StrictLoader(yaml.SafeLoader):
    """No duplicate keys, no anchors: a query is small and says everything once."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise Refusal(Code.BAD_VALUE)
        return super().compose_node(parent, index)


def _mapping(loader: _StrictLoader, node: yaml.MappingNode) -> dict[str, Any]:
    built: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str) or key in built:
            raise Refusal(Code.OP_NOT_ALLOWED)
        built[key] = loader.construct_object(value_node, deep=True)
    return built


_StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise Refusal(Code.OP_NOT_ALLOWED)
    return dict(pairs)


def _no_constant(_: str) -> Any:
    raise Refusal(Code.BAD_VALUE)


def read_query(path: Path) -> Query:
    """Read a query file, YAML or JSON.

    Raises:
        InputError: There is no such file.
        Refusal: It is not a query.
    """
    if not path.exists():
        raise InputError(f"{path} does not exist.", hint="--query takes a YAML or JSON file.")
    if path.is_dir():
        raise InputError(f"{path} is a directory, not a query.")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Refusal(Code.BAD_VALUE)
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    return parse_text(content)


def parse_text(content: bytes | str) -> Query:
    """Parse the text of a query, JSON or YAML.

    Raises:
        Refusal: It is not a query.
    """
    try:
        data = _load(content)
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError):
        # What was wrong is not said: the text is the analyst's, the message everybody's.
        raise Refusal(Code.BAD_VALUE) from None
    return parse_query(data)


def _load(content: bytes | str) -> Any:
    text = content.decode("utf-8") if isinstance(content, bytes) else content
    if len(text) > MAX_BYTES:
        raise Refusal(Code.BAD_VALUE)
    if text.lstrip().startswith("{"):
        with contextlib.suppress(json.JSONDecodeError):
            return json.loads(text, object_pairs_hook=_pairs, parse_constant=_no_constant)
    return yaml.load(text, Loader=_StrictLoader)  # noqa: S506  a SafeLoader subclass


def parse_query(data: Any) -> Query:
    """Turn plain data into a query.

    Raises:
        Refusal: A key, a type or a value is not of the language.
    """
    if not isinstance(data, Mapping):
        raise Refusal(Code.BAD_VALUE)
    _only(data, {"retailer", "metrics", "group_by", "date", "filters"})
    retailer = _text(data.get("retailer"))
    metrics = tuple(_metric(m) for m in _list(data.get("metrics"), least=1, most=50))
    if len({m.name for m in metrics}) != len(metrics):
        raise Refusal(Code.OP_NOT_ALLOWED)
    grouped = tuple(_field(g) for g in _list(data.get("group_by", []), most=10))
    if len(set(grouped)) != len(grouped):
        raise Refusal(Code.OP_NOT_ALLOWED)
    filters = tuple(_filter(f) for f in _list(data.get("filters", []), most=50))
    start, end, grain = _dates(data.get("date"), given="date" in data)
    return Query(retailer, metrics, grouped, start, end, grain, filters)


def _only(data: Mapping[Any, Any], allowed: set[str]) -> None:
    if any(not isinstance(key, str) or key not in allowed for key in data):
        raise Refusal(Code.OP_NOT_ALLOWED)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 200:
        raise Refusal(Code.BAD_VALUE)
    return value


def _field(value: Any) -> str:
    """A field's name. What is no name at all is a field that is not offered."""
    if not isinstance(value, str):
        raise Refusal(Code.BAD_VALUE)
    return value


def _list(value: Any, *, least: int = 0, most: int) -> Sequence[Any]:
    if not isinstance(value, list | tuple) or not least <= len(value) <= most:
        raise Refusal(Code.BAD_VALUE)
    return value


def _metric(value: Any) -> Sum | Ratio:
    if not isinstance(value, Mapping):
        raise Refusal(Code.BAD_VALUE)
    if "ratio" in value:
        _only(value, {"ratio"})
        above, below = (_field(f) for f in _list(value["ratio"], least=2, most=2))
        return Ratio(above, below)
    _only(value, {"field", "agg"})
    how = value.get("agg")
    if not isinstance(how, str) or how not in {"sum", "count"}:
        raise Refusal(Code.OP_NOT_ALLOWED)
    return Sum(_field(value.get("field")), how)


def _filter(value: Any) -> Filter:
    if not isinstance(value, Mapping):
        raise Refusal(Code.BAD_VALUE)
    _only(value, {"field", "op", "value"})
    operator = value.get("op")
    if not isinstance(operator, str) or operator not in {"eq", "in"}:
        raise Refusal(Code.OP_NOT_ALLOWED)
    given = value.get("value")
    wanted = [given] if operator == "eq" else _list(given, least=1, most=MAX_VALUES)
    return Filter(_field(value.get("field")), tuple(dict.fromkeys(_text(v) for v in wanted)))


def _dates(value: Any, *, given: bool) -> tuple[date | None, date | None, Grain | None]:
    if not given:
        return None, None, None
    if not isinstance(value, Mapping):
        raise Refusal(Code.BAD_VALUE)
    _only(value, {"from", "to", "grain"})
    if ("from" in value) != ("to" in value):
        raise Refusal(Code.BAD_VALUE)
    start = _day(value["from"]) if "from" in value else None
    end = _day(value["to"]) if "to" in value else None
    if start is not None and end is not None and start > end:
        raise Refusal(Code.BAD_VALUE)
    grain = None
    if "grain" in value:
        if not isinstance(value["grain"], str) or value["grain"] not in {g.value for g in Grain}:
            raise Refusal(Code.OP_NOT_ALLOWED)
        grain = Grain(value["grain"])
    return start, end, grain


def _day(value: Any) -> date:
    if isinstance(value, datetime):
        raise Refusal(Code.BAD_VALUE)
    if isinstance(value, date):
        day = value
    else:
        try:
            day = date.fromisoformat(_text(value))
        except ValueError:
            raise Refusal(Code.BAD_VALUE) from None
        if day.isoformat() != value:
            raise Refusal(Code.BAD_VALUE)
    if not 1900 <= day.year <= 2200:
        raise Refusal(Code.BAD_VALUE)
    return day
