"""Answers, exports and aggregates have the shape they promise."""

from __future__ import annotations

import datetime as dt
import json

import duckdb
import pyarrow.parquet as pq
import pytest

from rmnctl import rmis
from rmnctl.cleanroom import Refusal, parse_query
from rmnctl.cleanroom.calendar import Grain, contains, first_day, last_day, period_of, period_sql
from rmnctl.cleanroom.export import aws_analysis_rule, snowflake_policy, snowflake_query
from tests.cleanroom.rooms import (
    METRICS,
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


def market(per_cell: int = 6, span: int = 28):
    return [
        event(d, p, f"c{i}", "s1", revenue="2.25", conversions=1, clicks=1, cost="0.5")
        for d in range(span)
        for p in PLACEMENTS
        for i in range(per_cell)
    ]


@pytest.mark.parametrize("grain", list(Grain))
def test_periods_are_the_same_in_python_and_sql(grain) -> None:
    """Every day of forty years falls into the same period either way, and periods tile."""
    start = dt.date(1960, 1, 1)
    every = [start + dt.timedelta(days=i) for i in range(0, 40 * 365, 7)]
    listed = ", ".join(f"(DATE '{d}')" for d in every)
    found = duckdb.sql(f"SELECT {period_sql('d', grain)} FROM (VALUES {listed}) t(d)").fetchall()
    assert [p for (p,) in found] == [period_of(d, grain) for d in every]
    if grain is not Grain.ALL:
        for day in every:
            p = period_of(day, grain)
            assert first_day(p, grain) <= day <= last_day(p, grain)
            assert last_day(p, grain) + dt.timedelta(days=1) == first_day(p + 1, grain)
    if grain is Grain.WEEK:
        assert first_day(period_of(dt.date(2026, 1, 11), grain), grain) == dt.date(2026, 1, 5)


def test_weeks_are_not_parts_of_months() -> None:
    """Coarser grains are offered only where their periods are unions of the released ones."""
    allowed = {(c, f) for c in Grain for f in Grain if contains(c, f)}
    assert (Grain.MONTH, Grain.WEEK) not in allowed
    assert {(Grain.WEEK, Grain.DAY), (Grain.MONTH, Grain.DAY), (Grain.ALL, Grain.MONTH)} <= allowed
    assert not any(c.rank < f.rank for c, f in allowed)


def test_the_grid_is_dense_and_in_order(tmp_path) -> None:
    """One cell for each public combination, the first dimension slowest."""
    with room(tmp_path, market(span=7)) as ours:
        cells = ask(ours, group_by=["placement_type", "date"], date=days(0, 6))
    assert len(cells) == 21
    assert list(cells) == sorted(cells)
    assert set(cells.values()) == {13.5}


def test_dates_must_be_whole_periods_of_the_release(tmp_path) -> None:
    """Half weeks, finer grains and weeks cut by months are refused as not aligned."""
    rules = policy(
        dimensions={"date": {"grain": "week"}, "placement_type": {"domain": list(PLACEMENTS)}}
    )
    with room(tmp_path, market(), rules) as ours:
        assert total(ours, date=days(0, 13, "week")) == 14 * 3 * 6 * 2.25
        for wrong in (
            days(1, 13, "week"),
            days(0, 12, "week"),
            days(0, 6, "day"),
            days(0, 6, "month"),
        ):
            with pytest.raises(Refusal) as caught:
                total(ours, date=wrong)
            assert caught.value.code == "DATE_NOT_ALIGNED"
        for outside in (days(-7, 6, "week"), days(0, 34, "week")):
            with pytest.raises(Refusal) as caught:
                total(ours, date=outside)
            assert caught.value.code == "BAD_VALUE"
        whole = {k: v for k, v in days(0, 27, "week").items() if k != "grain"} | {"grain": "all"}
        assert ask(ours, group_by=["date"], date=whole) == {("2026-01-05",): 28 * 3 * 6 * 2.25}


def test_a_release_of_all_days_refuses_dates(tmp_path) -> None:
    """At grain `all` placement totals are answered and date ranges are not."""
    rules = policy(
        dimensions={"date": {"grain": "all"}, "placement_type": {"domain": list(PLACEMENTS)}}
    )
    with room(tmp_path, market(1, 5), rules) as ours:
        assert ask(ours, "impressions", group_by=["placement_type"]) == {
            (p,): None for p in sorted(PLACEMENTS)
        }
        with pytest.raises(Refusal, match="periods"):
            total(ours, date=days(0, 6))


def test_the_automatic_grain_is_the_finest_that_keeps_enough(tmp_path) -> None:
    """Many customers a day: days. A few: weeks. Hardly any: all days together."""
    auto = {"date": {"grain": "auto"}, "placement_type": {"domain": list(PLACEMENTS)}}
    crowd = [
        event(d, "video", f"c{d}-{i}", revenue="2", conversions=1, clicks=1, cost="1")
        for d in range(28)
        for i in range(4)
    ]
    for rows, grain in ((crowd, "day"), (crowd[::3], "week"), (crowd[::36], "all")):
        done = release(tmp_path / grain, rows, policy(dimensions=auto))
        assert done.release.grain.value == grain


def test_the_period_tells_nothing_of_a_lone_event(tmp_path) -> None:
    """An event months away from all others does not stretch the public period."""
    done = release(tmp_path, [*market(), event(300, "video", "lone", revenue="9")])
    assert done.release.period.plain() == {"from": "2026-01-05", "to": "2026-02-01"}


def test_ratios_and_counts(tmp_path) -> None:
    """A ratio is one released sum over another; a count is the number of rows."""
    with room(tmp_path, market()) as ours:
        answer = ours.ask(
            parse_query(
                {
                    "retailer": "alpha",
                    "metrics": [
                        {"ratio": ["revenue", "cost"]},
                        {"ratio": ["cost", "impressions"]},
                        {"field": "clicks", "agg": "count"},
                    ],
                }
            )
        )
    values = {k: v["value"] for k, v in answer.cells[0]["metrics"].items()}
    assert values == {"revenue_per_cost": 4.5, "cost_per_impressions": 0.5, "count_clicks": 504}


def test_a_ratio_of_what_is_withheld_or_zero_is_withheld(tmp_path) -> None:
    """Division by zero cannot happen, and a ratio never shows a withheld sum."""
    rows = [event(0, "video", f"c{i}", clicks=1) for i in range(9)]
    with room(tmp_path, rows) as ours:
        for ratio in (["clicks", "cost"], ["revenue", "clicks"]):
            asked = {"retailer": "alpha", "metrics": [{"ratio": ratio}]}
            (shown,) = ours.ask(parse_query(asked)).cells[0]["metrics"].values()
            assert shown == {"status": "withheld", "value": None}


def test_rounding_is_done_once_for_each_atom(tmp_path) -> None:
    """Sums of rounded atoms, never rounded sums: combining answers gains nothing."""
    rules = policy(rounding={"revenue": 5, "counts": 10})
    with room(tmp_path, market(), rules) as ours:
        daily = ask(ours, group_by=["date", "placement_type"])
        assert set(daily.values()) == {15}
        assert total(ours) == 15 * 84
        assert set(ask(ours, "clicks", group_by=["date", "placement_type"]).values()) == {10}


def test_without_a_customer_key_the_unit_is_the_record_and_is_said(tmp_path) -> None:
    """Thresholds then count rows, and every answer warns that they are not people."""
    with room(tmp_path, market(), without=("customer_id",)) as ours:
        assert ours.release.privacy_unit == "record"
        answer = ours.ask(
            parse_query({"retailer": "alpha", "metrics": [{"field": "revenue", "agg": "sum"}]})
        )
    assert answer.privacy["privacy_unit"] == "record"
    assert "not people" in answer.privacy["warning"]


def test_a_release_reads_as_rmis(tmp_path) -> None:
    """`aggregates.parquet` has every public RMIS column, adds up to the release, hides what it hides."""
    rows = [*market(), event(0, "video", "x", "s2", revenue="9", conversions=1)]
    done = release(tmp_path, rows, policy(dimensions=with_skus("s1", "s2"), currency="EUR"))
    table = pq.read_table(done.run.folder / "aggregates.parquet").to_pylist()
    public = {f.name for f in rmis.FIELDS if f.role is not rmis.Role.PRIVATE}
    assert set(table[0]) == public
    assert len({r["event_id"] for r in table}) == len(table)
    released = pq.read_table(done.run.folder / "release.parquet").to_pylist()
    for metric in METRICS:
        assert [r[metric] for r in table] == [r[metric] for r in released]
    assert {(r["retailer_id"], r["currency"], r["grain"]) for r in table} == {
        ("alpha", "EUR", "day")
    }
    assert all(r["date"] is not None and r["attr_model"] == "unknown" for r in table)


def test_the_run_folder_holds_nothing_only_the_owner_may_know(tmp_path) -> None:
    """P15: the analyst's folder answers with the events and the owner's folder gone."""
    events = write_events(tmp_path / "e.parquet", market())
    done = release(tmp_path, events)
    names = {p.name for p in done.run.folder.iterdir()}
    assert names == {
        "manifest.json",
        "config.yaml",
        "release.json",
        "release.parquet",
        "aggregates.parquet",
    }
    text = "".join((done.run.folder / n).read_text() for n in names if not n.endswith("parquet"))
    assert '"kept"' not in text
    assert '"rows_of_retailer"' not in text
    events.unlink()
    for path in (tmp_path / "runs" / ".owner" / done.run.run_id).iterdir():
        path.unlink()
    with open_room(done) as ours:
        assert total(ours) == 28 * 3 * 6 * 2.25


def test_a_policy_in_the_words_of_aws() -> None:
    """The export is an AWS aggregation analysis rule, and says what AWS cannot express."""
    exported = aws_analysis_rule(policy())
    rule = exported["policy"]["v1"]["aggregation"]
    assert rule["outputConstraints"] == [
        {"columnName": "customer_id", "minimum": 3, "type": "COUNT_DISTINCT"}
    ]
    assert {
        c for a in rule["aggregateColumns"] if a["function"] == "SUM" for c in a["columnNames"]
    } == set(METRICS)
    assert rule["dimensionColumns"] == ["date", "placement_type"]
    assert {
        "aggregateColumns",
        "joinColumns",
        "dimensionColumns",
        "scalarFunctions",
        "outputConstraints",
    } <= set(rule)
    assert any("dominance" in line for line in exported["not_expressed"])
    json.dumps(exported)


def test_a_query_in_snowflake_words_gives_the_same_numbers(tmp_path) -> None:
    """The exported SQL, run on events where nothing is withheld, equals the room's answer."""
    events = write_events(tmp_path / "e.parquet", market())
    data = {
        "retailer": "alpha",
        "metrics": [{"field": "revenue", "agg": "sum"}, {"ratio": ["revenue", "cost"]}],
        "group_by": ["date", "placement_type"],
        "date": days(0, 13, "week"),
        "filters": [{"field": "placement_type", "op": "in", "value": ["video", "onsite_display"]}],
    }
    sql = snowflake_query(parse_query(data), policy(), "events")
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE events AS FROM read_parquet('{events}')")
    found = {(str(r[0])[:10], r[1]): float(r[2]) for r in connection.execute(sql).fetchall()}
    connection.close()
    with room(tmp_path, events) as ours:
        assert (
            ask(ours, **{k: v for k, v in data.items() if k not in {"retailer", "metrics"}})
            == found
        )
    with pytest.raises(Refusal):
        snowflake_query(parse_query(data | {"group_by": ["sku_id"]}), policy(), "events")


def test_a_policy_in_snowflake_words() -> None:
    """Rows and entities, both thresholds, on a quoted table."""
    ddl = snowflake_policy(policy(), "db.events")
    assert "MIN_ROW_COUNT => 3, MIN_ENTITY_COUNT => 3" in ddl
    assert 'ENTITY KEY ("customer_id")' in ddl
    assert '"db"."events"' in ddl
