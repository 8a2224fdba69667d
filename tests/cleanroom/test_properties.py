"""What holds for every data set, policy and sequence of queries."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rmnctl.cleanroom import Code, Refusal, parse_query
from rmnctl.cleanroom.refusals import TEXTS
from rmnctl.config import Settings
from rmnctl.workflows.cleanroom_release import ReleaseConfig, cleanroom_release
from tests.cleanroom import oracle
from tests.cleanroom.conftest import busy_market
from tests.cleanroom.rooms import (
    FEW,
    METRICS,
    PLACEMENTS,
    SKUS,
    event,
    open_room,
    policy,
    release,
    temporary,
    values,
    with_skus,
    write_events,
)

customers = st.one_of(st.none(), *[st.just(f"c{i}") for i in range(12)])
amounts = st.sampled_from(["0", "0", "1", "2.5", "3.1", "40", "900", "-2"])
one_event = st.builds(
    lambda day, placement, customer, sku, clicks, bought, revenue, cost: event(
        day, placement, customer, sku, clicks=clicks, conversions=bought, revenue=revenue, cost=cost
    ),
    st.integers(0, 9),
    st.sampled_from([*PLACEMENTS, "cinema"]),
    customers,
    st.sampled_from([*SKUS, "unknown"]),
    st.integers(0, 3),
    st.integers(0, 2),
    amounts,
    st.sampled_from(["0", "0.5", "0.7"]),
)
markets = st.lists(one_event, min_size=1, max_size=160).filter(
    lambda rows: any(r["placement_type"] in PLACEMENTS for r in rows)
)
shapes = st.sampled_from(
    [
        {"date": {"grain": g}, "placement_type": {"domain": list(PLACEMENTS)}}
        for g in ("day", "week", "month", "all")
    ]
    + [with_skus(*SKUS, grain=g) for g in ("day", "week", "all")]
)


@FEW
@given(markets, shapes)
def test_a_release_is_what_the_rules_say(rows, dimensions) -> None:
    """Every released number, and none else, is what a plain reading of the rules gives."""
    rules = policy(dimensions=dimensions)
    assert values(release(temporary(), rows, rules)) == oracle.released(rows, rules)


queries = st.fixed_dictionaries(
    {
        "metrics": st.lists(st.sampled_from(METRICS), min_size=1, max_size=3, unique=True).map(
            lambda ms: [{"field": m, "agg": "sum"} for m in ms]
        ),
        "group_by": st.lists(st.sampled_from(["date", "placement_type", "sku_id"]), unique=True),
        "filters": st.lists(
            st.one_of(
                st.lists(st.sampled_from(PLACEMENTS), min_size=1, unique=True).map(
                    lambda v: {"field": "placement_type", "op": "in", "value": v}
                ),
                st.lists(st.sampled_from(SKUS), min_size=1, unique=True).map(
                    lambda v: {"field": "sku_id", "op": "in", "value": v}
                ),
            ),
            max_size=2,
        ),
        "grain": st.sampled_from(["day", "week", "all"]),
    }
)


@FEW
@given(markets, st.lists(queries, min_size=1, max_size=8))
def test_every_answer_is_a_sum_over_released_atoms(rows, asked) -> None:
    """P1, P2, P7: answers are sums over atoms that a query names, and groups add to totals."""
    rules = policy(dimensions=with_skus(*SKUS))
    done = release(temporary(), rows, rules)
    atoms = values(done)
    with open_room(done) as room:
        for data in asked:
            grain = data["grain"]
            query = {k: v for k, v in data.items() if k != "grain"} | {
                "retailer": "alpha", "date": {"grain": grain},
            }  # fmt: skip
            answer = room.ask(parse_query(query))
            limits = {f["field"]: set(f["value"]) for f in ()}
            for condition in data["filters"]:
                limits[condition["field"]] = limits.get(
                    condition["field"], set(condition["value"])
                ) & set(condition["value"])
            for cell in answer.cells:
                for metric, shown in cell["metrics"].items():
                    inside = [
                        v
                        for (m, atom), v in atoms.items()
                        if m == metric and _matches(atom, cell["key"], limits, grain)
                    ]
                    expected = float(sum(inside, Fraction())) if inside else None
                    assert shown["value"] == pytest.approx(expected)
                    assert (shown["status"] == "withheld") == (shown["value"] is None)


def _matches(atom, key, limits, grain) -> bool:
    from datetime import date

    from rmnctl.cleanroom.calendar import Grain, first_day, period_of

    day, placement, sku = atom
    if "placement_type" in limits and placement not in limits["placement_type"]:
        return False
    if "sku_id" in limits and sku not in limits["sku_id"]:
        return False
    if "placement_type" in key and key["placement_type"] != placement:
        return False
    if "sku_id" in key and key["sku_id"] != sku:
        return False
    if "date" in key and grain != "all":
        start = first_day(period_of(date.fromisoformat(day), Grain(grain)), Grain(grain))
        return key["date"] == str(start)
    return True


def everything(done) -> list:
    """What an analyst can get: every metric by every grouping, and the public document."""
    document = done.release.plain()
    with open_room(done) as room:
        answers = [
            room.ask(
                parse_query(
                    {
                        "retailer": "alpha",
                        "metrics": [
                            {"field": m, "agg": a} for m in METRICS for a in ("sum", "count")
                        ],
                        "group_by": group,
                    }
                )
            ).plain()
            for group in ([], ["placement_type"], ["date"], ["date", "placement_type", "sku_id"])
        ]
    return [document, answers]


@FEW
@given(markets, st.sampled_from(["c1", "c2", "c3", None]), st.booleans(), st.randoms())
def test_a_customer_seen_only_in_withheld_atoms_leaves_no_trace(rows, who, drop, draw) -> None:
    """P3: change or delete the rows of one customer in hidden cells; nothing visible moves."""
    rules = policy(dimensions=with_skus(*SKUS))
    folder = temporary()
    first = release(folder / "a", rows, rules)
    shown = {atom for _, atom in oracle.released(rows, rules)}

    def hidden(row) -> bool:
        day, placement = str(row["date"]), row["placement_type"]
        named, rest = (day, placement, row["sku_id"]), (day, placement, None)
        return named not in shown and rest not in shown

    changed = []
    for row in rows:
        if row["customer_id"] == who and hidden(row):
            if drop:
                continue
            changed.append(row | {"revenue": row["revenue"] + draw.randint(0, 5), "clicks": 1})
        else:
            changed.append(row)
    if oracle.released(changed, rules).keys() != oracle.released(rows, rules).keys():
        return  # the change made a hidden cell pass: that is a release, not a trace
    if not changed:
        return
    second = release(folder / "b", changed, rules)
    assert everything(first) == everything(second)


@FEW
@given(markets, st.randoms())
def test_blocked_columns_names_of_customers_and_order_change_nothing(rows, draw) -> None:
    """P4, P5, P6: permute blocked columns, rename customers, shuffle rows: the same bytes."""
    rules = policy(dimensions=with_skus(*SKUS))
    folder = temporary()
    margins = [draw.random() for _ in rows]
    names = {f"c{i}": f"person-{draw.random()}-{i}" for i in range(12)}
    other = [
        row
        | {
            "margin": margins[i], "promo_flag": draw.random() < 0.5, "stock_level": i,
            "creative_text": str(i), "geo_detail": str(-i),
            "customer_id": names.get(row["customer_id"], row["customer_id"]),
        }
        for i, row in enumerate(rows)
    ]  # fmt: skip
    draw.shuffle(other)
    first, second = release(folder / "a", rows, rules), release(folder / "b", other, rules)
    for name in ("release.parquet", "release.json", "aggregates.parquet"):
        assert (first.run.folder / name).read_bytes() == (second.run.folder / name).read_bytes()
    assert everything(first) == everything(second)


@FEW
@given(markets, st.integers(3, 6), st.integers(0, 4), st.integers(2, 4))
def test_stricter_rules_never_show_a_new_cell(rows, k, more, contributors) -> None:
    """P8: raising a threshold or p only withholds."""
    loose = policy(thresholds={"min_records": k, "min_entities": 3, "min_contributors": 2})
    tight = policy(
        thresholds={
            "min_records": k + more, "min_entities": 3 + more, "min_contributors": contributors,
        },
        dominance={"p_percent": 25},
    )  # fmt: skip
    shown = values(release(temporary(), rows, loose))
    fewer = values(release(temporary(), rows, tight))
    assert fewer.items() <= shown.items()


@FEW
@given(markets)
def test_retailers_are_isolated(rows) -> None:
    """P12: another retailer's rows in the same file change nothing."""
    others = [row | {"retailer_id": "beta", "revenue": row["revenue"] + 5} for row in rows]
    folder = temporary()
    assert values(release(folder / "a", rows)) == values(release(folder / "b", rows + others))


nonsense = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20),
        st.sampled_from(["revenue", "sum", "placement_type", "eq", "alpha", "date", "video"]),
    ),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(
            ["retailer", "metrics", "group_by", "date", "filters", "field", "agg", "op", "value",
             "from", "to", "grain", "ratio", "limit", "рlacement_type"]
        ),
        inner,
        max_size=5,
    ),
    max_leaves=20,
)  # fmt: skip


@pytest.fixture(scope="module")
def small_room(tmp_path_factory):
    rows = [
        event(d, p, f"c{i}", revenue="2", conversions=1)
        for d in range(7)
        for p in PLACEMENTS
        for i in range(5)
    ]
    with open_room(release(tmp_path_factory.mktemp("small"), rows)) as room:
        yield room


@settings(max_examples=300, deadline=None)
@given(nonsense)
def test_anything_is_answered_or_refused(small_room, data) -> None:
    """P10, P11: whatever is asked, the outcome is an answer or one of six constant refusals."""
    outcome = None
    try:
        small_room.ask(parse_query(data))
    except Refusal as refusal:
        outcome = refusal
    if outcome is not None:
        assert TEXTS[Code(outcome.code)] == outcome.message


def test_threads_and_repeats_give_the_same_bytes(tmp_path) -> None:
    """P6: one thread or many, once or again: the release is byte-equal."""
    draw = random.Random(3)
    rows = busy_market()
    draw.shuffle(rows)
    events = write_events(tmp_path / "e.parquet", rows)
    seen = set()
    for i, threads in enumerate((1, 2, 4, 2)):
        config = ReleaseConfig(policy=policy(), events=str(events))
        done = cleanroom_release(config, Settings(runs=tmp_path / str(i), threads=threads))
        seen.add((done.run.folder / "release.parquet").read_bytes())
    assert len(seen) == 1
