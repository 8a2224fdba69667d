"""Refreshes, one trap at a time."""

from __future__ import annotations

from tests.cleanroom.rooms import (
    ask,
    event,
    open_room,
    policy,
    release,
    total,
    with_skus,
)

SKUS = policy(dimensions=with_skus("big", "mid", "low"))


def buyers(first: int, last: int, sku: str = "big", revenue: str = "2"):
    return [
        event(0, "video", f"c{i}", sku, revenue=revenue, conversions=1, clicks=1, cost="0.1")
        for i in range(first, last)
    ]


def by_sku(done):
    with open_room(done) as room:
        return {k[0]: v for k, v in ask(room, group_by=["sku_id"]).items()}


def revenue(done):
    with open_room(done) as room:
        return total(room)


def test_enough_new_customers_move_a_number(tmp_path) -> None:
    """A difference that passes every rule is shown, and the version grows."""
    first = release(tmp_path, buyers(0, 10))
    second = release(tmp_path, buyers(0, 14))
    assert (revenue(first), revenue(second)) == (20, 28)
    assert (first.release.version, second.release.version) == (1, 2)


def test_held_back_changes_are_shown_once_there_are_enough(tmp_path) -> None:
    """Two single late buyers stay hidden; with a third the three are shown together."""
    shown = [revenue(release(tmp_path, buyers(0, 10 + late))) for late in range(5)]
    assert shown == [20, 20, 20, 26, 26]


def test_a_change_is_judged_against_what_is_shown_not_against_yesterday(tmp_path) -> None:
    """Three came one by one and two of them left: one customer's difference is never shown."""
    shown = [revenue(release(tmp_path, buyers(0, 10 + late))) for late in (0, 1, 2, 1)]
    assert shown == [20, 20, 20, 20]


def test_customers_with_many_rows_are_followed_as_one(tmp_path) -> None:
    """What was held back is remembered by customer, however many rows they have."""
    often = buyers(0, 1) + buyers(0, 3)
    shown = [
        revenue(release(tmp_path, often + later))
        for later in ([], buyers(0, 1), buyers(0, 1) + buyers(0, 2))
    ]
    assert shown == [8, 8, 8]


def test_a_restated_amount_of_one_customer_is_held_back(tmp_path) -> None:
    """A changed value is as telling as a new row."""
    release(tmp_path, buyers(0, 10))
    assert revenue(release(tmp_path, buyers(0, 9) + buyers(9, 10, revenue="500"))) == 20


def test_a_dominated_change_is_held_back(tmp_path) -> None:
    """Three customers changed, but one of them is nearly all of the change."""
    release(tmp_path, buyers(0, 40))
    late = buyers(40, 42) + buyers(42, 43, revenue="70")
    assert revenue(release(tmp_path, buyers(0, 40) + late)) == 80


def test_deleted_customers_are_held_back_like_new_ones(tmp_path) -> None:
    """Rows that vanish tell as much as rows that come."""
    release(tmp_path, buyers(0, 20))
    assert revenue(release(tmp_path, buyers(1, 20))) == 40
    assert revenue(release(tmp_path, buyers(3, 20))) == 34


def test_a_number_that_lost_its_crowd_stays_as_it_was(tmp_path) -> None:
    """An atom that would not pass any more keeps its number: its absence would be news."""
    release(tmp_path, buyers(0, 10))
    assert revenue(release(tmp_path, buyers(0, 2))) == 20


def test_a_sku_never_leaves_a_remainder_that_was_shown(tmp_path) -> None:
    """If it did, the remainder before less the remainder after would be its thin past."""
    thin = buyers(0, 40) + buyers(40, 42, "mid") + buyers(42, 44, "low")
    before = release(tmp_path, thin, SKUS)
    assert by_sku(before) == {"big": 80, "mid": None, "low": None, None: 8}
    after = release(tmp_path, thin + buyers(50, 60, "mid"), SKUS)
    assert by_sku(after) == {"big": 80, "mid": None, "low": None, None: 28}


def test_a_new_period_is_named_afresh(tmp_path) -> None:
    """What is frozen is the naming of blocks that were shown, not of those to come."""
    thin = buyers(0, 40) + buyers(40, 44, "mid", "3")[:2] + buyers(44, 46, "low")
    release(tmp_path, thin, SKUS)
    week2 = [row | {"date": row["date"].replace(day=12)} for row in buyers(0, 10, "mid")]
    done = release(tmp_path, thin + week2, SKUS)
    with open_room(done) as room:
        later = ask(room, group_by=["date", "sku_id"])
    assert later["2026-01-12", "mid"] == 20


def test_the_same_data_again_is_the_same_release(tmp_path) -> None:
    """Nothing changed: the same version, byte for byte, in a run of its own."""
    first, second = (release(tmp_path, buyers(0, 10)) for _ in range(2))
    assert first.release == second.release
    assert first.run.run_id != second.run.run_id


def test_without_a_customer_key_a_lost_record_is_one_change(tmp_path) -> None:
    """Records are told apart by content, so one that vanishes does not shift the others."""
    rows = buyers(0, 30)
    first = release(tmp_path, rows, without=("customer_id",))
    assert first.release.privacy_unit == "record"
    second = release(tmp_path, rows[1:], without=("customer_id",))
    assert (revenue(first), revenue(second)) == (60, 60)


def test_numeric_customers_and_null_customers_are_followed(tmp_path) -> None:
    """Customers without a name count as one; their changes are held back like one person's."""
    rows = buyers(0, 10) + [event(0, "video", None, "big", revenue="1", conversions=1)] * 2
    release(tmp_path, rows)
    more = [*rows, *[event(0, "video", None, "big", revenue="1", conversions=1)] * 9]
    assert revenue(release(tmp_path, more)) == 22
    assert revenue(release(tmp_path, [*more, *buyers(20, 22)])) == 35
