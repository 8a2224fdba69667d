from __future__ import annotations

import random

import pytest

from tests.cleanroom.naive import NaiveRoom
from tests.cleanroom.rooms import PLACEMENTS, event, policy, room, write_events

SECRET = "4321.99"


def busy_market(seed: int = 1) -> list[dict]:
    """28 days in which each of three placements reaches hundreds of customers a day."""
    draw = random.Random(seed)
    rows = []
    for day in range(28):
        for placement in PLACEMENTS:
            for _ in range(130):
                bought = draw.random() < 0.3
                rows.append(
                    event(
                        day,
                        placement,
                        f"c{draw.randrange(4000)}",
                        f"s{draw.randrange(3)}",
                        clicks=int(bought or draw.random() < 0.5),
                        conversions=int(bought),
                        revenue=draw.randrange(500, 3000) / 100 if bought else 0,
                        cost=draw.randrange(10, 90) / 100,
                    )
                )
    return rows


def traps() -> list[dict]:
    """The anchor's three: a lone big spender, one person in 150 rows, one who is nearly all."""
    vip = [event(3, "brand", "VIP", revenue=SECRET, conversions=1, clicks=1)]
    kiosk = [
        event(d % 28, "kiosk", "K", revenue="77.77", conversions=1, clicks=1) for d in range(150)
    ]
    audio = [event(5, "audio", f"a{i}", revenue="1", conversions=1, clicks=1) for i in range(119)]
    whale = [event(5, "audio", "W", revenue="50000", conversions=1, clicks=1)]
    return vip + kiosk + audio + whale


WIDE = {
    "date": {"grain": "day"},
    "placement_type": {"domain": [*PLACEMENTS, "brand", "kiosk", "audio"]},
}
RULES = {"min_records": 100, "min_entities": 100, "min_contributors": 10}


@pytest.fixture(scope="session")
def attacked(tmp_path_factory):
    """The same events behind the naive room and behind ours."""
    folder = tmp_path_factory.mktemp("attacked")
    path = write_events(folder / "events.parquet", busy_market() + traps())
    rules = policy(thresholds=RULES, dimensions=WIDE, refresh={"min_delta_entities": 100})
    naive, ours = NaiveRoom(path), room(folder, path, rules)
    yield naive, ours
    naive.close()
    ours.close()
