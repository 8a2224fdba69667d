"""The release rules once more, in plain Python over rows: what the engine's answer is held to."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import Any

from rmnctl.cleanroom import Policy
from rmnctl.cleanroom.calendar import Grain, first_day, period_of

Row = dict[str, Any]
Atom = tuple[str, str, str | None]


def cells_of(rows: list[Row], rules: Policy) -> dict[Atom, list[Row]]:
    """Rows of the public domain by (date, placement, SKU)."""
    grain = Grain(rules.dimensions.date.grain)
    placements = set(rules.dimensions.placement_type.domain)
    skus = set(rules.dimensions.sku_id.domain) if rules.dimensions.sku_id else None
    cells: dict[Atom, list[Row]] = defaultdict(list)
    for row in rows:
        if row["retailer_id"] != rules.retailer or row["placement_type"] not in placements:
            continue
        if skus is not None and row["sku_id"] not in skus:
            continue
        day = first_day(period_of(row["date"], grain), grain)
        sku = row["sku_id"] if skus is not None else None
        cells[str(day), row["placement_type"], sku].append(row)
    return cells


def parts_of(rows: list[Row], metric: str) -> dict[Any, Fraction]:
    """What each customer brings; rows without one count as one customer."""
    parts: dict[Any, Fraction] = defaultdict(Fraction)
    for row in rows:
        parts[row["customer_id"]] += 1 if metric == "events" else Fraction(str(row[metric]))
    return parts


def dominated(parts: dict[Any, Fraction], p_percent: float) -> bool:
    """The p-percent rule fails: the second largest could estimate the largest too well."""
    ranked = sorted((abs(v) for v in parts.values()), reverse=True)
    rest = sum(ranked[2:], Fraction())
    return rest < Fraction(str(p_percent)) / 100 * ranked[0]


def passes(rows: list[Row], group: tuple[str, ...], rules: Policy) -> bool:
    """All rules for one group of linked metrics."""
    t = rules.thresholds
    if len(rows) < t.min_records or len({r["customer_id"] for r in rows}) < t.min_entities:
        return False
    for metric in group:
        parts = parts_of(rows, metric)
        if sum(v != 0 for v in parts.values()) < t.min_contributors:
            return False
        if dominated(parts, rules.dominance.p_percent):
            return False
    return True


def released(rows: list[Row], rules: Policy) -> dict[tuple[str, Atom], Fraction]:
    """(metric, atom) to value, for a first release; the atom's SKU is None for a remainder."""
    values: dict[tuple[str, Atom], Fraction] = {}
    cells = cells_of(rows, rules)
    for group in rules.groups:
        rest: dict[tuple[str, str], list[Row]] = defaultdict(list)
        atoms: dict[Atom, list[Row]] = {}
        for (day, placement, sku), inside in cells.items():
            if passes(inside, group, rules):
                atoms[day, placement, sku] = inside
            elif sku is not None:
                rest[day, placement] += inside
        for (day, placement), inside in rest.items():
            if passes(inside, group, rules):
                atoms[day, placement, None] = inside
        for atom, inside in atoms.items():
            for metric in group:
                values[metric, atom] = sum(parts_of(inside, metric).values(), Fraction())
    return values


def change_passes(old: list[Row], new: list[Row], group: tuple[str, ...], rules: Policy) -> bool:
    """Whether the difference of two versions of an atom may be known."""
    measures = dict.fromkeys(("events", *group))
    before = {m: parts_of(old, m) for m in measures}
    after = {m: parts_of(new, m) for m in measures}
    people = {r["customer_id"] for r in (*old, *new)}
    changed = [
        p for p in people if any(before[m].get(p, 0) != after[m].get(p, 0) for m in measures)
    ]
    if not changed:
        return True
    touched = sum(max(before["events"].get(p, 0), after["events"].get(p, 0)) for p in changed)
    least = max(rules.refresh.min_delta_entities, rules.thresholds.min_entities)
    if len(changed) < least or touched < rules.thresholds.min_records:
        return False
    for metric in group:
        parts = {
            p: after[metric].get(p, Fraction()) - before[metric].get(p, Fraction()) for p in changed
        }
        moved = sum(v != 0 for v in parts.values())
        if moved and (
            moved < rules.thresholds.min_contributors or dominated(parts, rules.dominance.p_percent)
        ):
            return False
    return True
