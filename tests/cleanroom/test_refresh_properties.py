"""Refreshes of a release show no change that does not pass, over any history."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cleanroom import oracle
from tests.cleanroom.rooms import (
    FEW,
    PLACEMENTS,
    SKUS,
    event,
    policy,
    release,
    temporary,
    values,
    with_skus,
)


def crowd(day, placement, sku, first, size, revenue):
    """Customers in a row who did the same: what makes cells pass, and changes too."""
    return [
        event(day, placement, f"c{i}", sku, clicks=1, conversions=1, revenue=revenue, cost="0.5")
        for i in range(first, first + size)
    ]


crowds = st.builds(
    crowd,
    st.integers(0, 1),
    st.sampled_from(PLACEMENTS[:2]),
    st.sampled_from(SKUS),
    st.integers(0, 12),
    st.integers(1, 8),
    st.sampled_from(["1", "2", "30"]),
)
gatherings = st.lists(crowds, min_size=2, max_size=14).map(
    lambda parts: [row for part in parts for row in part]
)
edits = st.lists(
    st.one_of(
        st.tuples(st.just("add"), crowds),
        st.tuples(st.just("drop"), st.lists(st.integers(0, 99), min_size=1, max_size=6)),
        st.tuples(st.just("raise"), st.lists(st.integers(0, 99), min_size=1, max_size=6)),
    ),
    min_size=1,
    max_size=3,
)


def edited(rows, changes):
    """A later version of the data: crowds that came, rows that left, amounts restated."""
    rows = list(rows)
    for what, content in changes:
        if what == "add":
            rows += content
            continue
        for index in content:
            if not rows:
                break
            place = index % len(rows)
            if what == "drop":
                rows.pop(place)
            else:
                rows[place] = rows[place] | {"revenue": rows[place]["revenue"] + 3}
    return rows


@settings(FEW, max_examples=60)
@given(gatherings, st.lists(edits, min_size=1, max_size=4), st.booleans())
def test_a_refresh_shows_no_change_that_does_not_pass(rows, versions, skus) -> None:
    """P13: over any history, an atom's number moves only when its rows' difference passes.

    The model keeps, for each atom, the rows its number was made of; those are compared.
    """
    rules = policy(dimensions=with_skus(*SKUS)) if skus else policy()
    folder = temporary()
    done = release(folder, rows, rules)
    shown = values(done)
    made_of = {}
    names = {}
    cells = oracle.cells_of(rows, rules)
    for group in rules.groups:
        visible = {a for (m, a) in shown if m == group[0]}
        names[group] = ({(a[0], a[1]) for a in visible}, {a for a in visible if a[2] is not None})
        for atom in visible:
            made_of[group, atom] = _rows_of(atom, cells, names[group][1], skus)
    for changes in versions:
        rows = edited(rows, changes)
        if not any(r["placement_type"] in PLACEMENTS for r in rows):
            return
        done = release(folder, rows, rules)
        now = values(done)
        cells = oracle.cells_of(rows, rules)
        for group in rules.groups:
            blocks, named = names[group]
            for atom in {a for (m, a) in shown if m == group[0]}:
                new = _rows_of(atom, cells, named, skus)
                old = made_of[group, atom]
                moves = oracle.change_passes(old, new, group, rules) and oracle.passes(
                    new, group, rules
                )
                expected = new if moves else old
                made_of[group, atom] = expected
                for metric in group:
                    want = sum(oracle.parts_of(expected, metric).values(), Fraction())
                    assert now[metric, atom] == want, (atom, metric, moves)
            for atom in {a for (m, a) in now if m == group[0]} - {
                a for (m, a) in shown if m == group[0]
            }:
                # New atoms pass by themselves, and never carve a SKU out of a known block.
                assert atom[2] is None or (atom[0], atom[1]) not in blocks
                inside = _rows_of(
                    atom, cells, {a for (m, a) in now if m == group[0] and a[2]}, skus
                )
                assert oracle.passes(inside, group, rules)
                made_of[group, atom] = inside
            visible = {a for (m, a) in now if m == group[0]}
            names[group] = (
                {(a[0], a[1]) for a in visible},
                {a for a in visible if a[2] is not None},
            )
        shown = now


def _rows_of(atom, cells, named, skus):
    day, placement, sku = atom
    if not skus or sku is not None:
        return list(cells.get(atom, []))
    return [
        row
        for (d, p, s), inside in cells.items()
        if (d, p) == (day, placement) and (d, p, s) not in named
        for row in inside
    ]
