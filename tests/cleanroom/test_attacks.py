"""The attacks of the literature and of practice: the naive room leaks, this one does not."""

from __future__ import annotations

import itertools
import random
from decimal import Decimal
from fractions import Fraction

import pytest

from rmnctl.cleanroom import Refusal, parse_query, parse_text
from tests.cleanroom.conftest import RULES, SECRET, WIDE, busy_market, traps
from tests.cleanroom.rooms import (
    PLACEMENTS,
    ask,
    days,
    event,
    open_room,
    policy,
    release,
    room,
    total,
    with_skus,
    write_events,
)

SECRET_VALUE = Decimal(SECRET)
NOT_BRAND = [p for p in WIDE["placement_type"]["domain"] if p != "brand"]
VIDEO = [{"field": "placement_type", "op": "eq", "value": "video"}]


def refused(data) -> str:
    with pytest.raises(Refusal) as caught:
        parse_query(data)
    return caught.value.code


def asking(**changes):
    return {"retailer": "alpha", "metrics": [{"field": "revenue", "agg": "sum"}]} | changes


def code_of(ours, **changes) -> str:
    with pytest.raises(Refusal) as caught:
        ours.ask(parse_query(asking(**changes)))
    return caught.value.code


def holds_secret(*values) -> bool:
    """The secret, or the secret beside a few cents of rounding, is among the values."""
    return any(
        v is not None and abs(abs(Decimal(str(v))) - SECRET_VALUE) < Decimal("0.02") for v in values
    )


def test_01_complementary_cell(attacked) -> None:
    """The total less the parts shows the lone customer; here the total is the parts."""
    naive, ours = attacked
    assert holds_secret(
        naive.total(where="placement_type NOT IN ('kiosk', 'audio')")
        - sum(v for k, v in naive.by("placement_type").items() if k in PLACEMENTS)
    )
    parts = ask(ours, group_by=["placement_type"])
    assert total(ours) == pytest.approx(sum(v for v in parts.values() if v is not None), abs=1e-9)
    assert parts["brand",] is None


def test_02_differencing(attacked) -> None:
    """Two overlapping selections differ by the lone customer; here they are equal."""
    naive, ours = attacked
    early = "date <= '2026-01-19'"
    assert holds_secret(
        naive.total(where=early) - naive.total(where=f"{early} AND placement_type <> 'brand'")
    )
    without = [{"field": "placement_type", "op": "in", "value": NOT_BRAND}]
    assert total(ours, date=days(0, 14)) == total(ours, date=days(0, 14), filters=without)


def test_03_tracker(attacked) -> None:
    """q(C or T) + q(C or not T) - q(all) gives q(C) in the naive room, nothing here."""
    naive, ours = attacked
    c, t = "placement_type = 'brand'", "placement_type = 'video'"
    assert holds_secret(
        naive.total(where=f"{c} OR {t}")
        + naive.total(where=f"{c} OR NOT {t}")
        - naive.total(where="true")
    )

    def chosen(*values):
        return total(ours, filters=[{"field": "placement_type", "op": "in", "value": list(values)}])

    others = [p for p in NOT_BRAND if p != "video"]
    tracked = (
        Fraction(str(chosen("brand", "video")))
        + Fraction(str(chosen("brand", *others)))
        - Fraction(str(total(ours)))
    )
    assert tracked == 0


def test_04_intersection_of_windows(attacked) -> None:
    """Windows that overlap in all ways add up to released days and nothing else."""
    naive, ours = attacked
    spans = {
        w: naive.total(
            where=f"date BETWEEN DATE '2026-01-05' + {w[0]} AND DATE '2026-01-05' + {w[1]}"
        )
        for w in ((0, 3), (0, 2))
    }
    alone = naive.by("date", where="placement_type <> 'brand'")
    assert holds_secret(spans[0, 3] - spans[0, 2] - sorted(alone.items())[3][1])
    daily = ask(ours, group_by=["date"])
    for first, last in itertools.combinations(range(10), 2):
        expected = sum(Fraction(str(v)) for v in list(daily.values())[first : last + 1])
        assert Fraction(str(total(ours, date=days(first, last)))) == expected


def test_05_records_are_not_people(attacked) -> None:
    """150 rows of one person pass a row count; they do not pass here."""
    naive, ours = attacked
    assert naive.by("placement_type")["kiosk"] == Decimal("11665.5")
    assert ask(ours, group_by=["placement_type"])["kiosk",] is None


def test_06_dominance(attacked) -> None:
    """One customer who is nearly all of a sum is shown by a row count; not here."""
    naive, ours = attacked
    assert naive.by("placement_type")["audio"] == Decimal(50119)
    assert ask(ours, group_by=["placement_type"])["audio",] is None
    # The linked metric goes with it: orders times a public price would tell the rest.
    assert ask(ours, "conversions", group_by=["placement_type"])["audio",] is None
    # Impressions are one a customer: nobody dominates them.
    assert ask(ours, "impressions", group_by=["placement_type"])["audio",] == 120


@pytest.mark.parametrize("field", ["customer_id", "margin", "geo_detail", "no_such_field"])
def test_07_filter_on_a_blocked_column(attacked, field: str) -> None:
    """Membership tests by a filter on a blocked column are refused like unknown columns."""
    naive, ours = attacked
    assert (
        naive.total("count(*)", "customer_id = 'VIP' OR placement_type = 'video'")
        - naive.total("count(*)", "placement_type = 'video'")
        == 1
    )
    blocked = [{"field": field, "op": "eq", "value": "VIP"}]
    assert code_of(ours, filters=blocked) == "FIELD_NOT_ALLOWED"
    assert code_of(ours, group_by=[field]) == "FIELD_NOT_ALLOWED"
    assert code_of(ours, metrics=[{"field": field, "agg": "sum"}]) == "FIELD_NOT_ALLOWED"


def test_08_filter_on_a_metric(attacked) -> None:
    """A binary search by a filter on revenue is refused."""
    naive, ours = attacked
    padded = "revenue BETWEEN 4321 AND 4322 OR placement_type = 'video'"
    assert naive.total("count(*)", padded) - naive.total("count(*)", "placement_type='video'") == 1
    assert code_of(ours, filters=[{"field": "revenue", "op": "eq", "value": "1"}]) == (
        "FIELD_NOT_ALLOWED"
    )


def test_09_case_smuggling(attacked) -> None:
    """An aggregate of an expression singles out one customer; here there are no expressions."""
    naive, ours = attacked
    smuggled = "sum(CASE WHEN customer_id = 'VIP' THEN revenue ELSE 0 END)"
    assert holds_secret(naive.total(smuggled))
    for field in (smuggled, "revenue FILTER (WHERE true)", "revenue; DROP TABLE atoms"):
        metric = [{"field": field, "agg": "sum"}]
        assert code_of(ours, metrics=metric) == "FIELD_NOT_ALLOWED"


def test_10_error_channel(attacked) -> None:
    """An error message carries a value out of the naive room; refusals here are constant."""
    naive, ours = attacked
    with pytest.raises(Exception, match=SECRET):
        naive.total("sum(error('rev=' || revenue))", "customer_id = 'VIP'")
    texts = set()
    for value in ("1/0", "x" * 199, "'; --", "\u202e", "4321.99"):
        with pytest.raises(Refusal) as caught:
            ours.ask(
                parse_query(
                    asking(filters=[{"field": "placement_type", "op": "eq", "value": value}])
                )
            )
        texts.add((caught.value.message, caught.value.hint, caught.value.code))
    assert len(texts) == 1


@pytest.mark.parametrize(
    "agg", ["max", "min", "avg", "median", "SUM", "sum ", "count_distinct", ""]
)
def test_11_order_statistics(attacked, agg: str) -> None:
    """Extremes and thresholds on them are one-bit oracles; only sums and counts exist."""
    naive, _ = attacked
    assert naive.total("max(revenue)") == 50000
    assert refused(asking(metrics=[{"field": "revenue", "agg": agg}])) == "OP_NOT_ALLOWED"
    assert refused(asking(having="sum(revenue) > 5")) == "OP_NOT_ALLOWED"


def test_12_empty_and_thin_cells_look_alike(attacked, tmp_path) -> None:
    """A cell nobody is in and a cell with too few people are answered byte for byte alike."""
    _, ours = attacked
    wide = WIDE | {"placement_type": {"domain": [*WIDE["placement_type"]["domain"], "ctv"]}}
    rules = policy(thresholds=RULES, dimensions=wide, refresh={"min_delta_entities": 100})
    path = write_events(tmp_path / "e.parquet", busy_market() + traps())
    with room(tmp_path, path, rules) as wider:
        cells = {
            c["key"]["placement_type"]: c["metrics"]
            for c in wider.ask(parse_query(asking(group_by=["placement_type"]))).cells
        }
    assert cells["ctv"] == cells["brand"] == cells["kiosk"] == cells["audio"]
    assert set(ask(ours, group_by=["placement_type"])) == {
        (p,) for p in WIDE["placement_type"]["domain"]
    }


def test_13_averaging_noise(tmp_path) -> None:
    """Asking a noisy room again, or in other words, draws no new noise."""
    rules = noisy_policy()
    with room(tmp_path, busy_market(), rules) as ours:
        once = total(ours)
        values = {total(ours) for _ in range(20)}
        values.add(
            total(
                ours, filters=[{"field": "placement_type", "op": "in", "value": list(PLACEMENTS)}]
            )
        )
        values.add(total(ours, date=days(0, 27, "week")))
        parts = ask(ours, group_by=["placement_type", "date"])
    assert values == {once}
    assert sum(Fraction(str(v)) for v in parts.values()) == Fraction(str(once))


def noisy_policy(**changes):
    clamps = {metric: [0, 5] for metric in ("impressions", "clicks", "conversions")}
    return policy(
        mode="dp",
        dimensions={
            "date": {"grain": "week", "from": "2026-01-05", "to": "2026-02-01"},
            "placement_type": {"domain": list(PLACEMENTS)},
        },
        dp={
            "epsilon": 2.0,
            "epsilon_total": 4.0,
            "max_atoms_per_entity": 3,
            "clamps": clamps | {"revenue": [0, 50], "cost": [0, 5]},
        }
        | changes,
    )


def test_14_noise_does_not_depend_on_words(tmp_path) -> None:
    """Conditions that change nothing change no noise: it belongs to the atom, not the query."""
    with room(tmp_path, busy_market(), noisy_policy()) as ours:
        plain = total(ours, filters=VIDEO)
        twice = total(ours, filters=VIDEO * 2)
        listed = [{"field": "placement_type", "op": "in", "value": ["video", "video"]}]
        assert {plain, twice, total(ours, filters=listed)} == {plain}


def test_15_reconstruction_by_subset_sums(attacked) -> None:
    """Sums over random subsets span only released atoms: the hidden ones never move a sum."""
    _, ours = attacked
    domain = WIDE["placement_type"]["domain"]
    draw = random.Random(5)
    visible = ask(ours, group_by=["placement_type"])
    for _ in range(200):
        subset = draw.sample(domain, draw.randint(1, len(domain)))
        chosen = [{"field": "placement_type", "op": "in", "value": subset}]
        expected = sum(Fraction(str(visible[p,] or 0)) for p in subset)
        answered = total(ours, filters=chosen)
        assert Fraction(str(answered or 0)) == expected


def test_16_refusals_do_not_depend_on_data(attacked, tmp_path) -> None:
    """A room over other data refuses and allows the very same queries."""
    _, ours = attacked
    rules = policy(thresholds=RULES, dimensions=WIDE, refresh={"min_delta_entities": 100})
    other = [e for e in busy_market(seed=9) if e["customer_id"] != "c7"]
    queries = [
        asking(group_by=g, filters=f, metrics=[{"field": m, "agg": "sum"}])
        for g in ([], ["placement_type"], ["date"], ["sku_id"], ["customer_id"])
        for f in ([], VIDEO, [{"field": "placement_type", "op": "eq", "value": "cinema"}])
        for m in ("revenue", "margin")
    ]

    def outcome(asked, data):
        try:
            return [c["key"] for c in asked.ask(parse_query(data)).cells]
        except Refusal as refusal:
            return refusal.code

    with room(tmp_path, other, rules) as elsewhere:
        assert [outcome(ours, q) for q in queries] == [outcome(elsewhere, q) for q in queries]


def test_17_refresh_differencing(tmp_path) -> None:
    """A late row does not show as the difference between two versions."""
    market = busy_market()
    rules = policy(thresholds=RULES, refresh={"min_delta_entities": 100})
    before = release(tmp_path, market, rules)
    after = release(
        tmp_path, [*market, event(3, "video", "VIP", revenue=SECRET, conversions=1)], rules
    )
    with open_room(before) as old, open_room(after) as new:
        assert ask(old, group_by=["date", "placement_type"]) == ask(
            new, group_by=["date", "placement_type"]
        )
    assert after.release.version == before.release.version


def test_18_remainder_differencing(tmp_path) -> None:
    """The remainder is one fixed atom: filters cannot build others and subtract them."""
    rows = [event(0, "video", f"c{i}", "big", revenue="3", conversions=1) for i in range(40)]
    rows += [event(0, "video", f"d{i}", "mid", revenue="5", conversions=1) for i in range(2)]
    rows += [event(0, "video", f"e{i}", "low", revenue="7", conversions=1) for i in range(2)]
    with room(tmp_path, rows, policy(dimensions=with_skus("big", "mid", "low"))) as ours:
        by_sku = ask(ours, group_by=["sku_id"])
        assert by_sku == {("big",): 120, ("low",): None, ("mid",): None, (None,): 24}
        for skus in (["mid"], ["low"], ["mid", "low"]):
            only = [{"field": "sku_id", "op": "in", "value": skus}]
            assert total(ours, filters=only) is None
        assert (
            total(ours, filters=[{"field": "sku_id", "op": "in", "value": ["big", "low"]}]) == 120
        )


def test_19_metadata(attacked, tmp_path) -> None:
    """What an answer says besides its values is the same with and without the hidden rows."""
    _, ours = attacked
    rules = policy(thresholds=RULES, dimensions=WIDE, refresh={"min_delta_entities": 100})
    fewer = [e for e in busy_market() + traps() if e["customer_id"] not in {"VIP", "K"}]
    with room(tmp_path, fewer, rules) as without:
        question = parse_query(asking(group_by=["placement_type", "date"]))
        assert without.ask(question).plain() == ours.ask(question).plain()


def test_20_collusion_of_two_grains(attacked) -> None:
    """A weekly and a daily analyst together hold sums of the same atoms."""
    _, ours = attacked
    daily = ask(ours, group_by=["placement_type", "date"])
    weekly = ask(ours, group_by=["placement_type", "date"], date={"grain": "week"})
    for (placement, monday), value in weekly.items():
        week = [
            v for (p, d), v in daily.items() if p == placement and v is not None
            and 0 <= (int(d[8:]) + 31 * (d[5:7] == "02") - int(monday[8:]) - 31 * (monday[5:7] == "02")) < 7
        ]  # fmt: skip
        assert Fraction(str(value or 0)) == sum(Fraction(str(v)) for v in week)


def test_21_homogeneous_cells(tmp_path) -> None:
    """A sum to which too few people contribute is withheld, so `nobody bought` is not told."""
    rows = [event(0, "video", f"c{i}", clicks=1, cost="0.5") for i in range(50)]
    rows += [event(0, "onsite_display", f"c{i}", clicks=1, cost="0.5") for i in range(50)]
    rows.append(event(0, "video", "b", conversions=1, revenue="9"))
    with room(tmp_path, rows) as ours:
        assert ask(ours, "conversions", group_by=["placement_type"])["video",] is None
        assert ask(ours, "conversions", group_by=["placement_type"])["onsite_display",] is None
        assert ask(ours, "clicks", group_by=["placement_type"])["video",] == 50


def test_22_refunds_do_not_hide_dominance(tmp_path) -> None:
    """A big purchase that refunds cancel still dominates: ranks go by absolute parts."""
    rows = [event(0, "video", f"c{i}", conversions=1, revenue="2") for i in range(30)]
    rows.append(event(0, "video", "big", conversions=1, revenue="9000"))
    rows += [event(0, "video", f"r{i}", conversions=1, revenue="-300") for i in range(2)]
    with room(tmp_path, rows) as ours:
        assert total(ours) is None
        assert total(ours, "impressions") == 33


def test_sql_has_no_way_in(attacked) -> None:
    """Text of SQL, in any place of a query, is a bad value or no field; nothing is parsed."""
    _, ours = attacked
    for text in (
        "SELECT * FROM events",
        "revenue) FROM read_text('/etc/passwd') --",
        "COLUMNS('c.*')",
    ):
        assert code_of(ours, group_by=[text]) == "FIELD_NOT_ALLOWED"
        with pytest.raises(Refusal):
            parse_text(text)


def test_the_engine_behind_a_room_reaches_no_file(attacked, tmp_path) -> None:
    """Even code inside the analyst's process gets nothing but atoms from the room's engine."""
    _, ours = attacked
    connection = ours._connection
    for sql in (
        "FROM read_text('/etc/hostname')",
        f"COPY atoms TO '{tmp_path / 'x.csv'}'",
        f"ATTACH '{tmp_path / 'x.db'}'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
    ):
        with pytest.raises(Exception, match=r"(?i)disabled|locked|permission|cannot|configuration"):
            connection.execute(sql).fetchall()
