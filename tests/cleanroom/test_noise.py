"""Mode dp: the noise is there, is what it claims to be, and is drawn once."""

from __future__ import annotations

import pytest

from rmnctl.cleanroom import parse_query
from rmnctl.cleanroom.answer import accuracy
from rmnctl.errors import PolicyRefusal
from tests.cleanroom.rooms import PLACEMENTS, ask, event, open_room, release, total
from tests.cleanroom.test_attacks import noisy_policy


def market(customers: int = 300):
    return [
        event(d, p, f"c{i}", revenue="4", conversions=1, clicks=1, cost="0.5")
        for d in range(0, 28, 7)
        for p in PLACEMENTS[:2]
        for i in range(customers)
    ]


def test_every_public_cell_is_answered_empty_ones_too(tmp_path) -> None:
    """There is no mask to learn from: cells nobody is in hold noise like the others."""
    with open_room(release(tmp_path, market(), noisy_policy())) as room:
        cells = ask(room, group_by=["placement_type", "date"])
    assert len(cells) == 12
    assert all(v is not None for v in cells.values())
    assert len({v for (p, _), v in cells.items() if p == "video"}) == 4


def test_noise_is_as_large_as_stated(tmp_path) -> None:
    """In empty cells, where values are noise alone, the mean size is the stated scale."""
    rules = noisy_policy()
    noise = []
    for i in range(12):
        done = release(tmp_path / str(i), market(5), rules)
        with open_room(done) as room:
            cells = ask(room, group_by=["placement_type", "date"])
        noise += [abs(v) for (p, _), v in cells.items() if p == "video"]
    scale = done.release.dp.scale["revenue"]
    # Three atoms a customer, at most 50 each, a fifth of epsilon 2 for each of five metrics.
    assert scale == pytest.approx(3 * 50 / (2.0 / 5))
    assert sum(noise) / len(noise) == pytest.approx(scale, rel=0.5)


def test_a_customer_counts_in_few_atoms_and_within_bounds(tmp_path) -> None:
    """Truncation and clamps hold before any noise: one customer moves all atoms by a known sum."""
    one = [
        event(d, p, "W", revenue="9000", conversions=9, clicks=1)
        for d in range(0, 28, 7)
        for p in PLACEMENTS
    ]
    rules = noisy_policy(epsilon=100, epsilon_total=100)
    with open_room(release(tmp_path, one, rules)) as room:
        seen = ask(room, "conversions", group_by=["placement_type", "date"])
    # At most three atoms of at most five; noise of scale 0.75 on each of twelve.
    assert sum(seen.values()) <= 3 * 5 + 12 * 3


def test_noise_is_drawn_once_for_a_version(tmp_path) -> None:
    """The same data again is the same noise and costs nothing; new data costs epsilon again."""
    rules = noisy_policy()
    first, again = (release(tmp_path, market(), rules) for _ in range(2))
    assert (first.run.folder / "release.parquet").read_bytes() == (
        again.run.folder / "release.parquet"
    ).read_bytes()
    assert again.release.dp.epsilon_spent == 2.0
    other = release(tmp_path, market(310), rules)
    assert other.release.dp.epsilon_spent == 4.0
    assert other.release.version == 2


def test_the_budget_ends(tmp_path) -> None:
    """A version that would overdraw epsilon_total is refused; what was released stays."""
    rules = noisy_policy(epsilon_total=2.0)
    release(tmp_path, market(), rules)
    with pytest.raises(PolicyRefusal, match="used up"):
        release(tmp_path, market(310), rules)
    assert release(tmp_path, market(), rules).release.dp.epsilon_spent == 2.0


def test_answers_state_their_accuracy(tmp_path) -> None:
    """Each value says within what it lies; wider for sums of more atoms."""
    done = release(tmp_path, market(), noisy_policy())
    with open_room(done) as room:
        answer = room.ask(
            parse_query(
                {
                    "retailer": "alpha",
                    "metrics": [{"field": "revenue", "agg": "sum"}],
                    "group_by": ["placement_type"],
                }
            )
        )
        whole = total(room)
    within = answer.cells[0]["metrics"]["revenue"]["within_95"]
    assert within == accuracy(done.release.dp.scale["revenue"], 4)
    assert answer.privacy["epsilon"] == 2.0
    # Two placements of 300 customers for four weeks, bounded to three atoms each.
    assert abs(whole - 300 * 3 * 4) < 3 * accuracy(done.release.dp.scale["revenue"], 12)


def test_counts_of_rows_are_not_offered(tmp_path) -> None:
    """Only clamped metrics get noise; the number of rows has no clamp and stays hidden."""
    with open_room(release(tmp_path, market(), noisy_policy())) as room:
        answer = room.ask(
            parse_query({"retailer": "alpha", "metrics": [{"field": "clicks", "agg": "count"}]})
        )
    assert answer.cells[0]["metrics"]["count_clicks"] == {"status": "withheld", "value": None}
