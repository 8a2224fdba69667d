"""Tying a mapping to the header a file really has, and saying how the two differ."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from rmnctl.errors import InputError
from rmnctl.harmonization.mapping import Mapping


@dataclass(frozen=True)
class Drift:
    """How a report differs from what its mapping expects.

    Attributes:
        new: Columns the mapping neither reads nor lists under `ignore`.
        missing: Columns the mapping reads that the file does not have.
        renamed: Missing column to the new column that probably took its place.
        retyped: Columns most of whose cells no longer parse.
    """

    new: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    renamed: Dict[str, str] = field(default_factory=dict)
    retyped: tuple[str, ...] = ()

    def plain(self) -> dict[str, object]:
        """The report's JSON form."""
        return {
            "new": list(self.new),
            "missing": list(self.missing),
            "renamed": dict(self.renamed),
            "retyped": list(self.retyped),
        }


@dataclass(frozen=True)
class Binding:
    """Where each field of a mapping stands in one file.

    Attributes:
        fields: RMIS field to the positions of its columns, first choice first.
        key: Name and position of each further key column.
        derived: Ratio name to position.
        drift: Differences seen in the header.
    """

    fields: Dict[str, tuple[int, ...]]
    key: tuple[tuple[str, int], ...]
    derived: Dict[str, int]
    drift: Drift


def canonical(name: str) -> str:
    """A header for comparison: outer and repeated spaces, case and width do not count."""
    return " ".join(unicodedata.normalize("NFKC", name).split()).casefold()


def _positions(path: Path, header: tuple[str, ...], wanted: set[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for position, name in enumerate(header):
        plain = canonical(name)
        if plain in found and plain in wanted:
            raise InputError(
                f"{path} has two columns named {name.strip()!r}; which one counts is unclear.",
                hint="Rename one of them in the file, or fetch the report again.",
            )
        found.setdefault(plain, position)
    return found


def _renamed(missing: list[str], new: list[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for name in missing:
        free = {canonical(n): n for n in new if n not in pairs.values()}
        near = difflib.get_close_matches(canonical(name), free, n=1, cutoff=0.6)
        if near:
            pairs[name] = free[near[0]]
    return pairs


def bind(mapping: Mapping, path: Path, header: tuple[str, ...]) -> Binding:
    """Find every column a mapping reads.

    Raises:
        InputError: A column of a field that is not optional is missing, or stands twice, or
            the contract forbids new columns.
    """
    derived = {k: v for k, v in mapping.derived.plain().items() if v}
    reads = [
        *(n for f in mapping.fields.values() for n in f.from_),
        *mapping.key,
        *derived.values(),
    ]
    where = _positions(path, header, {canonical(n) for n in reads})
    fields = {
        name: tuple(where[canonical(n)] for n in spec.from_ if canonical(n) in where)
        for name, spec in mapping.fields.items()
    }
    lost = [
        name for name, found in fields.items() if not found and not mapping.fields[name].optional
    ]
    missing = [n for name in lost for n in mapping.fields[name].from_]
    missing += [n for n in mapping.key if canonical(n) not in where]
    known = {canonical(n) for n in reads}
    patterns = [canonical(p) for p in mapping.ignore]
    new = [
        name
        for name in header
        if canonical(name) not in known
        and not any(fnmatchcase(canonical(name), p) for p in patterns)
    ]
    drift = Drift(tuple(new), tuple(missing), _renamed(missing, new))
    _enforce(mapping, path, drift, header)
    return Binding(
        {name: found for name, found in fields.items() if found},
        tuple((n, where[canonical(n)]) for n in mapping.key if canonical(n) in where),
        {k: where[canonical(v)] for k, v in derived.items() if canonical(v) in where},
        drift,
    )


def _enforce(mapping: Mapping, path: Path, drift: Drift, header: tuple[str, ...]) -> None:
    if drift.missing and mapping.contract.missing_columns == "fail":
        renamed = "; ".join(f"{old!r} may now be {new!r}" for old, new in drift.renamed.items())
        names = ", ".join(repr(name) for name in drift.missing)
        raise InputError(
            f"{path} lacks columns that {mapping.id} reads: {names}.",
            hint=(f"{renamed}. " if renamed else "")
            + f"The file has {len(header)} columns; `rmnctl propose-mapping {path}` shows what "
            "they look like.",
            details={"missing": list(drift.missing), "renamed": dict(drift.renamed)},
        )
    if drift.new and mapping.contract.new_columns == "fail":
        raise InputError(
            f"{path} has columns that {mapping.id} does not know: {', '.join(drift.new)}.",
            hint="Map them or list them under `ignore`, and raise the mapping's version.",
        )
