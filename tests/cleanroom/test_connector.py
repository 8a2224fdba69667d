"""A remote clean room is asked with care and believed as little as needed."""

from __future__ import annotations

import copy
import json
import time

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rmnctl.cleanroom import Refusal, Unavailable, parse_query
from rmnctl.cleanroom.connector import ConnectorConfig, RemoteRoom
from rmnctl.config import Settings, load_config
from rmnctl.errors import ConfigError
from tests.cleanroom.rooms import PLACEMENTS, event, open_room, policy, release
from tests.cleanroom.server import (
    Server,
    dripping,
    endless,
    failing,
    hanging_up,
    honest,
    sending,
    silent,
)

QUERY = {
    "retailer": "alpha",
    "metrics": [
        {"field": "revenue", "agg": "sum"},
        {"field": "conversions", "agg": "sum"},
        {"field": "clicks", "agg": "sum"},
    ],
    "group_by": ["placement_type"],
}


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    folder = tmp_path_factory.mktemp("local")
    rows = [
        event(d, p, f"c{i}", revenue="2.5", conversions=1, clicks=1, cost="0.5")
        for d in range(7)
        for p in PLACEMENTS
        for i in range(20)
    ]
    done = release(folder, rows)
    with open_room(done) as room:
        yield folder, done, room


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


@pytest.fixture
def connect(server, tmp_path, monkeypatch):
    """Open a remote room at the test's server, configuration changed as asked."""
    monkeypatch.setenv("ALPHA_KEY", "very-secret")
    rooms = []

    def connect(runs=None, **changes):
        path = tmp_path / "alpha.yaml"
        path.write_text(yaml.safe_dump(policy().plain()))
        config = ConnectorConfig.model_validate(
            {
                "schema": "rmnctl/connector/v1",
                "endpoint": server.url,
                "key_env": "ALPHA_KEY",
                "policy": str(path),
                "grain": "day",
                "period": {"from": "2026-01-05", "to": "2026-01-11"},
                "timeout_s": 0.5,
                "retries": 1,
                "backoff_s": 0.01,
                "max_bytes": 1_000_000,
            }
            | changes
        )
        rooms.append(RemoteRoom.open(config, Settings(runs=runs or tmp_path / "runs")))
        return rooms[-1]

    yield connect
    for room in rooms:
        room.close()


def test_the_same_query_brings_the_same_cells(server, connect, local) -> None:
    """An honest remote room answers as the local release does, and says it is remote."""
    server.behave = honest(local[2])
    query = parse_query(QUERY)
    answer = connect().ask(query)
    assert answer.cells == local[2].ask(query).cells
    assert answer.privacy["mode"] == "remote"
    headers, body = server.seen[0]
    assert headers["Authorization"] == "Bearer very-secret"
    assert body == query.plain()


def test_local_rules_hold_before_anything_is_sent(server, connect) -> None:
    """What the local policy does not offer is refused here; the server never hears of it."""
    room = connect()
    for spoiled in (
        QUERY | {"metrics": [{"field": "margin", "agg": "sum"}]},
        QUERY | {"group_by": ["sku_id"]},
        QUERY | {"retailer": "beta"},
        QUERY | {"date": {"from": "2025-01-05", "to": "2025-01-06"}},
    ):
        with pytest.raises(Refusal):
            room.ask(parse_query(spoiled))
    assert server.seen == []


def test_passing_trouble_is_tried_again_with_one_idempotency_key(server, connect, local) -> None:
    """Two 503s and then an answer: the caller sees the answer; all attempts had one key."""
    server.behave = failing(503, times=2, then=honest(local[2]))
    assert connect(retries=3).ask(parse_query(QUERY)).cells
    keys = {headers["Idempotency-Key"] for headers, _ in server.seen}
    assert (len(server.seen), len(keys)) == (3, 1)


@pytest.mark.parametrize("status", [301, 302, 400, 401, 403, 404, 413])
def test_a_plain_no_is_not_tried_again(server, connect, status) -> None:
    """Redirects and client errors are not retried and not followed."""
    server.behave = failing(status)
    with pytest.raises(Unavailable):
        connect(retries=3).ask(parse_query(QUERY))
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    "behave",
    [
        failing(500),
        silent(1.5),
        dripping(header=True),
        dripping(header=False),
        endless,
        hanging_up,
        sending(b""),
        sending(b"not json"),
        sending(b"[" * 100_000),
        sending(b'{"status": "ok", "cells": NaN}'),
        sending(b'{"status": "ok"}'),
        sending(b'\xff\xfe{"status": "ok", "cells": []}'),
        sending(b'{"status": "ok", "cells": []}'),
        sending(b'{"status": "ok", "cells": []}', Content_Encoding="gzip"),
        sending(b'{"status": "refused", "code": "4321.99"}'),
    ],
    ids=lambda b: getattr(b, "__name__", "x"),
)
def test_no_usable_answer_is_unavailable_and_soon(server, connect, behave) -> None:
    """Slow, broken, oversized and foreign answers are one refusal, within the time allowed."""
    server.behave = behave
    started = time.monotonic()
    with pytest.raises(Unavailable) as caught:
        connect().ask(parse_query(QUERY))
    assert time.monotonic() - started < 2.5
    assert "4321" not in caught.value.message + str(caught.value.hint)
    assert caught.value.exit_code == 1


def test_nobody_listening_is_unavailable(server, connect) -> None:
    """A refused connection is unavailable too."""
    room = connect()
    server.close()
    with pytest.raises(Unavailable):
        room.ask(parse_query(QUERY))
    server.__init__()


def spoil(path, value):
    """Put a value somewhere into an answer."""

    def change(answer):
        answer = copy.deepcopy(answer)
        place = answer
        for step in path[:-1]:
            place = place[step]
        if value is KeyError:
            del place[path[-1]]
        else:
            place[path[-1]] = value
        return answer

    return change


CELL = ("cells", 0)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("status",), "OK"),
        (CELL, KeyError),
        (("cells", 1), {"key": {"placement_type": "video"}, "metrics": {}}),
        ((*CELL, "key", "placement_type"), "cinema"),
        ((*CELL, "key", "customer_id"), "VIP"),
        ((*CELL, "metrics", "margin"), {"status": "ok", "value": 1}),
        ((*CELL, "metrics", "clicks"), KeyError),
        ((*CELL, "metrics", "clicks", "value"), "12"),
        ((*CELL, "metrics", "clicks", "value"), True),
        ((*CELL, "metrics", "clicks", "value"), 12.5),
        ((*CELL, "metrics", "clicks", "value"), None),
        ((*CELL, "metrics", "clicks", "value"), float("nan")),
        ((*CELL, "metrics", "clicks", "value"), float("inf")),
        ((*CELL, "metrics", "clicks", "value"), 10**400),
        ((*CELL, "metrics", "clicks", "value"), [1]),
        ((*CELL, "metrics", "clicks", "status"), "fine"),
        ((*CELL, "rows"), [["VIP", 1]]),
    ],
)
def test_an_answer_that_is_not_to_the_question_is_not_believed(
    server, connect, local, path, value
) -> None:
    """Missing, doubled, foreign cells and numbers that are none make the room unavailable."""
    server.behave = honest(local[2], spoil(path, value))
    with pytest.raises(Unavailable):
        connect().ask(parse_query(QUERY))


def test_a_thin_remote_number_is_withheld_here_with_its_partner(server, connect, local) -> None:
    """A remote room that shows one conversion breaks the local rule: it and revenue are hidden."""
    server.behave = honest(local[2], spoil((*CELL, "metrics", "conversions", "value"), 1))
    first, *others = connect().ask(parse_query(QUERY)).cells
    assert first["metrics"]["conversions"] == {"status": "withheld", "value": None}
    assert first["metrics"]["revenue"] == {"status": "withheld", "value": None}
    assert first["metrics"]["clicks"]["status"] == "ok"
    assert all(c["metrics"]["revenue"]["status"] == "ok" for c in others)


def test_a_failing_room_is_left_alone_for_a_while(server, connect, local) -> None:
    """After so many failures none is tried; after the pause one is, and success closes it."""
    server.behave = failing(500)
    room = connect(retries=0, open_after=2, open_for_s=0.4)
    for _ in range(5):
        with pytest.raises(Unavailable):
            room.ask(parse_query(QUERY))
    assert len(server.seen) == 2
    time.sleep(0.5)
    server.behave = honest(local[2])
    assert room.ask(parse_query(QUERY)).cells
    assert room.ask(parse_query(QUERY)).cells
    assert len(server.seen) == 4


def test_a_configured_fallback_answers_and_says_so(server, connect, local) -> None:
    """Only where it is configured, the local release answers instead, labelled."""
    folder, done, room = local
    server.behave = failing(500)
    remote = connect(runs=folder / "runs", fallback={"release": done.run.run_id})
    answer = remote.ask(parse_query(QUERY))
    assert answer.cells == room.ask(parse_query(QUERY)).cells
    assert answer.privacy["source"] == "fallback: local release"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"endpoint": "ftp://x/y"}, "http"),
        ({"endpoint": "http://rooms.example/query"}, "https"),
        ({"endpoint": "https://user:pw@rooms.example/q"}, "secret"),
        ({"key_env": "very secret"}, "key_env"),
        ({"timeout_s": 0}, "timeout_s"),
        ({"key": "very-secret"}, "key"),
    ],
)
def test_a_wrong_connector_is_explained(tmp_path, changes, says) -> None:
    """No secrets in files, no keys in the clear, no unknown keys."""
    data = {
        "schema": "rmnctl/connector/v1", "endpoint": "https://rooms.example/q", "key_env": "K",
        "policy": "p.yaml", "grain": "day",
    }  # fmt: skip
    path = tmp_path / "c.yaml"
    path.write_text(yaml.safe_dump(data | changes))
    with pytest.raises(ConfigError, match=says) as caught:
        load_config(ConnectorConfig, path)
    assert "pw@" not in caught.value.message


def test_the_key_comes_from_the_environment_only(connect, monkeypatch) -> None:
    """Without the variable nothing is asked, and the message names the variable."""
    monkeypatch.delenv("ALPHA_KEY")
    with pytest.raises(ConfigError, match="ALPHA_KEY"):
        connect()


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["status", "cells", "key", "metrics", "value", "placement_type", "clicks"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@settings(max_examples=150, deadline=None)
@given(anything)
def test_whatever_comes_back_is_an_answer_or_unavailable(data) -> None:
    """P11 for answers: any JSON at all is believed in full or not at all, never a traceback."""
    from rmnctl.cleanroom.answer import check
    from rmnctl.cleanroom.transport import Unusable

    rules = policy()
    config = ConnectorConfig.model_validate(
        {
            "schema": "rmnctl/connector/v1", "endpoint": "https://rooms.example/q", "key_env": "K",
            "policy": "p.yaml", "grain": "day",
        }
    )  # fmt: skip
    room = RemoteRoom(config, rules, None)
    query = parse_query(QUERY)
    with pytest.raises(Unusable):
        room._believe(json.dumps(data).encode(), query, check(query, room._facts))
