"""Opening the inputs: which mapping reads which file, and what holds for it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from fnmatch import fnmatch
from pathlib import Path
from typing import Self

from rmnctl.config.model import ConfigModel
from rmnctl.errors import ConfigError, InputError
from rmnctl.harmonization.config import HarmonizeConfig, InputConfig
from rmnctl.harmonization.facts import Facts
from rmnctl.harmonization.headers import bind, canonical
from rmnctl.harmonization.judge import Source
from rmnctl.harmonization.mapping import Mapping, all_mappings, find_mapping
from rmnctl.harmonization.reading import RawReport, open_report
from rmnctl.harmonization.transform import Transform
from rmnctl.tables import sha256_file


class Located(ConfigModel):
    """An input with the file it resolved to."""

    config: InputConfig
    path: Path


def latest_day_on_earth() -> date:
    """Today where the day is furthest ahead (UTC+14): no report can be dated later."""
    return (datetime.now(UTC) + timedelta(hours=14)).date()


class Digests:
    """sha256 of files, computed in the background while they are first read."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="digest")
        self._found: dict[Path, Future[str]] = {
            path: self._pool.submit(sha256_file, path) for path in dict.fromkeys(paths)
        }

    def of(self, path: Path) -> str:
        """The digest of one of the files; waits for it."""
        return self._found[path].result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


def find_by_header(path: Path, known: Sequence[tuple[Path, Mapping]]) -> tuple[Path, Mapping]:
    """The one mapping whose `match` fits a file.

    Raises:
        ConfigError: None fits, or more than one; propose-mapping is the way out.
    """
    fitting: list[tuple[int, Path, Mapping]] = []
    for where, mapping in known:
        if not mapping.match.headers_all:
            continue
        if mapping.match.filename and not fnmatch(path.name, mapping.match.filename):
            continue
        try:
            header = {canonical(name) for name in open_report(path, mapping.read).header}
        except InputError:
            continue
        if all(canonical(name) in header for name in mapping.match.headers_all):
            fitting.append((len(mapping.match.headers_all), where, mapping))
    best = max((n for n, _, _ in fitting), default=0)
    chosen = [(where, mapping) for n, where, mapping in fitting if n == best]
    if len(chosen) == 1:
        return chosen[0]
    if chosen:
        ids = ", ".join(mapping.id for _, mapping in chosen)
        raise ConfigError(
            f"{path}: several mappings fit ({ids}).", hint="Name one under `mapping`."
        )
    raise ConfigError(
        f"{path}: no known mapping fits its header.",
        hint=f"`rmnctl propose-mapping {path}` drafts one.",
    )


def _as_of(config: HarmonizeConfig, item: InputConfig) -> date:
    return item.as_of or config.as_of or latest_day_on_earth()


def choose_mapping(item: Located, folder: Path, *, accept: bool = False) -> tuple[Path, Mapping]:
    """The mapping of one input.

    Args:
        item: The input.
        folder: Where known mappings lie.
        accept: Take a proposed mapping too.

    Raises:
        ConfigError: There is none, or it is only proposed.
        InputError: The file cannot be read.
    """
    if item.config.mapping == "auto":
        open_report(item.path)  # a clear message first, if it is no report at all
        where, mapping = find_by_header(item.path, all_mappings(folder))
    else:
        where, mapping = find_mapping(item.config.mapping, folder)
    if mapping.status == "proposed" and not accept:
        raise ConfigError(
            f"{where} is only proposed; a person must look at it first.",
            hint="Check it, set `status: accepted`, or run once with --accept-proposed.",
        )
    return where, mapping


def _check_retailer(item: Located, mapping: Mapping) -> None:
    if not mapping.constants.retailer_id and not item.config.retailer_id:
        if "retailer_id" not in mapping.fields:
            raise ConfigError(
                f"{item.path}: {mapping.id} serves many retailers.",
                hint="Say which with retailer_id beside the input's path.",
            )
    elif item.config.retailer_id and mapping.constants.retailer_id not in {
        None,
        item.config.retailer_id,
    }:
        raise ConfigError(
            f"{item.path}: the input says another retailer than {mapping.id} does "
            f"({mapping.constants.retailer_id})."
        )


def _check_currency(item: Located, mapping: Mapping) -> None:
    money = {"cost", "revenue"} & set(mapping.fields)
    stated = mapping.constants.currency or item.config.currency or "currency" in mapping.fields
    if money and not stated:
        raise ConfigError(
            f"{item.path}: neither the report nor {mapping.id} says which currency it is in.",
            hint="Say it with currency beside the input's path, e.g. currency: USD.",
        )


def open_source(
    item: Located, mapping: Mapping, config: HarmonizeConfig, report: RawReport | None = None
) -> Source:
    """Bind a file to its mapping.

    Args:
        item: The input.
        mapping: Its mapping.
        config: The run's configuration.
        report: The rows, where they do not come from the file itself.

    Raises:
        InputError: The file is not a report, or lacks columns the mapping reads.
        ConfigError: It is not known whose report it is.
    """
    _check_retailer(item, mapping)
    _check_currency(item, mapping)
    report = report or open_report(item.path, mapping.read)
    as_of = _as_of(config, item.config)
    facts = Facts(
        as_of=as_of,
        retailer_id=item.config.retailer_id,
        currency=item.config.currency,
        base_currency=config.currency.reporting if config.currency else None,
        crosswalk=config.crosswalk is not None,
    )
    binding = bind(mapping, item.path, report.header)
    return Source(
        name=item.config.path,
        path=item.path,
        mapping=mapping,
        report=report,
        transform=Transform(mapping, binding, facts),
        as_of=as_of,
    )
