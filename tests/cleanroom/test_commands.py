"""The clean room from the shell: what is said, where, and with which exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import yaml

from rmnctl.cli import main
from tests.cleanroom.rooms import PLACEMENTS, event, policy, write_events
from tests.cleanroom.server import Server, failing

SECRET = "4321.99"
REFUSED = 4


def market():
    rows = [
        event(d, p, f"c{i}", revenue="2.25", conversions=1, clicks=1, cost="0.5")
        for d in range(7)
        for p in PLACEMENTS
        for i in range(6)
    ]
    return [*rows, event(3, "video", "VIP-SECRET", "s9", revenue=SECRET, conversions=1)]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with events, a policy and a first release, made by commands."""
    folder = tmp_path_factory.mktemp("place")
    write_events(folder / "events.parquet", market())
    (folder / "alpha.yaml").write_text(yaml.safe_dump(policy().plain()))
    done = subprocess.run(
        [
            sys.executable, "-m", "rmnctl", "cleanroom", "release", "--json",
            "--policy", str(folder / "alpha.yaml"), "--events", str(folder / "events.parquet"),
            "--runs", str(folder / "runs"),
        ],
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (folder / "release.json").write_text(done.stdout)
    return folder


@pytest.fixture
def run(place, capsys):
    """Run a command in the place; (exit code, stdout, stderr)."""

    def run(*arguments):
        with pytest.raises(SystemExit) as left:
            main([*map(str, arguments), "--runs", str(place / "runs")])
        shown = capsys.readouterr()
        return left.value.code, shown.out, shown.err

    return run


def asking(**changes):
    return {"retailer": "alpha", "metrics": [{"field": "revenue", "agg": "sum"}]} | changes


def test_release_says_what_it_released_and_the_owner_what_was_kept(place) -> None:
    """The result document has the public release and the owner's report."""
    document = json.loads((place / "release.json").read_text())
    assert document["schema"] == "rmnctl/result/v1"
    assert document["result"]["release"]["version"] == 1
    # The lone big spender dominates one cell of revenue, whose rows are lost to that group.
    kept = document["result"]["owner"]["kept"]
    assert kept["events+impressions"]["kept"] == 1.0
    assert 0.9 < kept["conversions+revenue"]["kept"] < 1.0


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_query_answers_as_a_table_and_as_a_document(run, tmp_path, form) -> None:
    """YAML and JSON queries give the same answer; text says `withheld` where it is."""
    data = asking(group_by=["date", "placement_type"])
    path = tmp_path / f"q.{form}"
    path.write_text(yaml.safe_dump(data) if form == "yaml" else json.dumps(data))
    code, out, _ = run("cleanroom", "query", "--release", "latest", "--query", path)
    assert code == 0
    assert "withheld" in out
    assert len(out.splitlines()) == 1 + 21
    code, out, err = run("cleanroom", "query", "--release", "latest", "--query", path, "--json")
    result = json.loads(out)["result"]
    assert (code, err, result["status"], len(result["cells"])) == (0, "", "ok", 21)
    assert SECRET not in out


def test_fields_and_export_and_ledger(place, run, tmp_path) -> None:
    """The other commands of the clean room answer, too."""
    code, out, _ = run("cleanroom", "fields", "--retailer", "alpha")
    assert code == 0
    assert "customer_id" in out.partition("Blocked")[2]
    code, out, _ = run("cleanroom", "fields", "--release", "latest", "--json")
    assert json.loads(out)["result"]["release"]["period"]["from"] == "2026-01-05"
    code, out, err = run("cleanroom", "export", "--policy", place / "alpha.yaml", "--to", "aws")
    assert json.loads(out)["v1"]["aggregation"]["outputConstraints"]
    assert "dominance" in err
    path = tmp_path / "q.json"
    path.write_text(json.dumps(asking()))
    code, out, _ = run(
        "cleanroom",
        "export",
        "--policy",
        place / "alpha.yaml",
        "--to",
        "snowflake",
        "--query",
        path,
    )
    assert out.startswith("SELECT SUM(revenue)")
    code, out, _ = run("cleanroom", "ledger", "verify")
    assert (code, "nothing was altered" in out) == (0, True)
    code, out, _ = run("cleanroom", "ledger", "show", "--retailer", "alpha")
    assert "release" in out


BAD_QUERIES = {
    "not yaml": b"retailer: [alpha",
    "not utf-8": b"\xff\xfe\x00a",
    "empty": b"",
    "a list": b"[]",
    "duplicate keys": b"retailer: alpha\nretailer: beta\n",
    "duplicate json keys": b'{"retailer": "alpha", "retailer": "beta"}',
    "unknown key": json.dumps(asking(limit=5)).encode(),
    "look-alike field": json.dumps(asking(group_by=["рlacement_type"])).encode(),
    "upper case": json.dumps(asking(group_by=["PLACEMENT_TYPE"])).encode(),
    "nan": b'{"retailer": "alpha", "metrics": NaN}',
    "huge number": b'{"retailer": 1e999, "metrics": []}',
    "huge integer": b'{"retailer": ' + b"9" * 5000 + b', "metrics": []}',
    "ten megabytes": b'{"retailer": "' + b"a" * 10_000_000 + b'"}',
    "deep": b"[" * 50_000,
    "deep yaml": b"a: " + b"{a: " * 3000,
    "aliases": b"a: &a [x]\nretailer: *a\n",
    "python object": b"!!python/object/apply:os.system ['echo 4321.99']",
    "impossible date": json.dumps(asking(date={"from": "2026-02-30", "to": "2026-03-01"})).encode(),
    "impossible yaml date": b"retailer: alpha\nmetrics: [{field: revenue, agg: sum}]\ndate: {from: 2026-02-30, to: 2026-03-01}\n",
    "date outside": json.dumps(asking(date={"from": "2030-01-07", "to": "2030-01-13"})).encode(),
    "year ten thousand": json.dumps(asking(date={"from": "9999-12-31", "to": "9999-12-31"})).encode(),
    "time": b"retailer: alpha\nmetrics: [{field: revenue, agg: sum}]\ndate: {from: 2026-01-05 10:00:00, to: 2026-01-06}\n",
    "bool for text": json.dumps(asking(retailer=True)).encode(),
    "nested": json.dumps(asking(group_by=[["placement_type"]])).encode(),
    "unknown retailer": json.dumps(asking(retailer="gamma")).encode(),
    "blocked field": json.dumps(asking(metrics=[{"field": "margin", "agg": "sum"}])).encode(),
    "unknown value": json.dumps(
        asking(filters=[{"field": "placement_type", "op": "eq", "value": "VIP-SECRET"}])
    ).encode(),
    "sql": json.dumps(asking(group_by=["1; DROP TABLE atoms"])).encode(),
    "zero width": json.dumps(asking(group_by=["placement\u200b_type"])).encode(),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_QUERIES)
def test_a_bad_query_is_refused_with_a_constant_text(run, tmp_path, name) -> None:
    """Whatever is wrong, exit 4 with one of six texts; nothing of query or data is repeated."""
    path = tmp_path / "query.yaml"
    path.write_bytes(BAD_QUERIES[name])
    code, out, err = run(
        "cleanroom", "query", "--release", "latest", "--query", path, "--json", "--debug"
    )
    assert (code, out) == (REFUSED, "")
    envelope = json.loads(err[err.index('{"schema"') :])
    assert envelope["details"] == {}
    for secret in (SECRET, "VIP-SECRET", "gamma", "DROP", "margin", "9999", "aaaa"):
        assert secret not in envelope["message"] + envelope["hint"]
    assert SECRET not in err.replace("4321.99']", "")
    assert "VIP-SECRET" not in err


def test_blocked_and_unknown_fields_are_refused_byte_for_byte_alike(run, tmp_path) -> None:
    """P9: no difference tells a field that exists from one that does not."""
    seen = set()
    for field in ("margin", "customer_id", "price", "no_such_field", "rowid", "sku_id"):
        path = tmp_path / "query.json"
        path.write_text(json.dumps(asking(metrics=[{"field": field, "agg": "sum"}])))
        seen.add(run("cleanroom", "query", "--release", "latest", "--query", path))
        seen.add(run("cleanroom", "query", "--release", "latest", "--query", path))
    assert len(seen) == 1


def test_a_missing_query_release_or_policy_is_explained(place, run, tmp_path) -> None:
    """What is not there is named, with the exit code of bad input or configuration."""
    path = tmp_path / "q.json"
    path.write_text(json.dumps(asking()))
    for arguments, code in (
        (("query", "--release", "latest", "--query", tmp_path / "none.json"), 3),
        (("query", "--release", "latest", "--query", tmp_path), 3),
        (("query", "--release", "zzzzzz", "--query", path), 3),
        (("query", "--query", path), 2),
        (("fields", "--retailer", "gamma"), 2),
        (("release", "--policy", tmp_path / "no.yaml", "--events", "x"), 2),
        (("release", "--policy", place / "alpha.yaml", "--events", tmp_path / "no.parquet"), 3),
        (("ledger", "verify", "--retailer", "gamma"), 3),
    ):
        got, out, err = run("cleanroom", *arguments)
        assert (got, out) == (code, ""), err
        assert err.startswith("Error: ")
        assert "Traceback" not in err


@pytest.mark.parametrize("spoil", ["text", "columns", "types", "nan", "other retailer", "empty"])
def test_bad_events_are_explained_without_values(tmp_path, spoil) -> None:
    """Events that are no events: exit 3, columns named, no value, also with --debug."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "events.parquet"
    write_events(path, market())
    table = pq.read_table(path)
    if spoil == "text":
        path.write_text("retailer_id,date\nalpha,2026-01-05\n")
    elif spoil == "columns":
        pq.write_table(table.drop_columns(["revenue"]), path)
    elif spoil == "types":
        bad = pa.array([f"{SECRET} dollars"] * table.num_rows)
        pq.write_table(
            table.set_column(table.schema.get_field_index("revenue"), "revenue", bad), path
        )
    elif spoil == "nan":
        bad = pa.array([float("nan")] * table.num_rows)
        pq.write_table(
            table.set_column(table.schema.get_field_index("revenue"), "revenue", bad), path
        )
    elif spoil == "other retailer":
        bad = pa.array(["beta"] * table.num_rows)
        pq.write_table(table.set_column(0, "retailer_id", bad), path)
    else:
        pq.write_table(table.slice(0, 0), path)
    rules = tmp_path / "p.yaml"
    rules.write_text(yaml.safe_dump(policy().plain()))
    with pytest.raises(SystemExit) as left:
        main(
            [
                "cleanroom",
                "release",
                "--policy",
                str(rules),
                "--events",
                str(path),
                "--runs",
                str(tmp_path / "r"),
            ]
        )
    assert left.value.code == 3


def test_no_value_shows_with_debug(tmp_path) -> None:
    """P10: not even a traceback asked for carries a value out of the events."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = write_events(tmp_path / "events.parquet", market())
    table = pq.read_table(path)
    bad = pa.array([f"{SECRET} dollars"] * table.num_rows)
    pq.write_table(table.set_column(table.schema.get_field_index("revenue"), "revenue", bad), path)
    rules = tmp_path / "p.yaml"
    rules.write_text(yaml.safe_dump(policy().plain()))
    done = subprocess.run(
        [
            sys.executable, "-m", "rmnctl", "cleanroom", "release", "--debug", "-vv",
            "--policy", str(rules), "--events", str(path), "--runs", str(tmp_path / "r"),
        ],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 3
    assert SECRET not in done.stdout + done.stderr


def test_a_tampered_release_or_ledger_is_found(tmp_path, capsys) -> None:
    """Changed tables and documents are refused (exit 3); a changed ledger is a finding (exit 5)."""
    write_events(tmp_path / "events.parquet", market())
    rules = tmp_path / "p.yaml"
    rules.write_text(yaml.safe_dump(policy().plain()))
    query = tmp_path / "q.json"
    query.write_text(json.dumps(asking()))

    def run(*arguments):
        with pytest.raises(SystemExit) as left:
            main([*map(str, arguments), "--runs", str(tmp_path / "runs")])
        capsys.readouterr()
        return left.value.code

    assert (
        run("cleanroom", "release", "--policy", rules, "--events", tmp_path / "events.parquet") == 0
    )
    (folder,) = (tmp_path / "runs").glob("*cleanroom-release*")
    for name in ("release.parquet", "release.json"):
        good = (folder / name).read_bytes()
        (folder / name).write_bytes(
            good.replace(b"alpha", b"alphb") if name.endswith("json") else good[:-9] + good[-8:]
        )
        assert run("cleanroom", "query", "--release", "latest", "--query", query) == 3
        (folder / name).write_bytes(good)
    assert run("cleanroom", "query", "--release", "latest", "--query", query) == 0
    ledger = tmp_path / "runs" / ".ledger" / "alpha.jsonl"
    ledger.write_text(ledger.read_text().replace('"status":"ok"', '"status":"OK"'))
    assert run("cleanroom", "ledger", "verify") == 5


def test_an_unavailable_remote_room_exits_1(place, run, tmp_path, monkeypatch) -> None:
    """UNAVAILABLE is a handled failure, and the key is in no output."""
    monkeypatch.setenv("ROOM_KEY", "very-secret-key")
    server = Server()
    server.behave = failing(500)
    config = tmp_path / "c.yaml"
    config.write_text(
        yaml.safe_dump(
            {
                "schema": "rmnctl/connector/v1", "endpoint": server.url, "key_env": "ROOM_KEY",
                "policy": str(place / "alpha.yaml"), "grain": "day", "retries": 0, "timeout_s": 1,
            }
        )
    )  # fmt: skip
    query = tmp_path / "q.json"
    query.write_text(json.dumps(asking()))
    code, out, err = run(
        "cleanroom", "query", "--connector", config, "--query", query, "--json", "--debug"
    )
    server.close()
    assert (code, out) == (1, "")
    assert '"code": "UNAVAILABLE"' in err
    assert "very-secret-key" not in err


def test_the_analyst_process_opens_neither_events_nor_the_owners_folder(place, tmp_path) -> None:
    """P15: of all files a query process opens, none is the owner's."""
    query = tmp_path / "q.json"
    query.write_text(json.dumps(asking()))
    program = (
        "import sys\n"
        "def watch(name, given):\n"
        "    if name == 'open' and isinstance(given[0], str):\n"
        "        if 'events' in given[0] and given[0].endswith('parquet') or '.owner' in given[0]:\n"
        "            print('OPENED', given[0], file=sys.stderr)\n"
        "sys.addaudithook(watch)\n"
        "from rmnctl.cli import main\n"
        f"main(['cleanroom', 'query', '--release', 'latest', '--query', {str(query)!r}, "
        f"'--runs', {str(place / 'runs')!r}])\n"
    )
    hidden = place / "elsewhere"
    (place / "events.parquet").rename(hidden)
    owner = (place / "runs" / ".owner").rename(place / "owner-aside")
    try:
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, env=os.environ
        )
    finally:
        hidden.rename(place / "events.parquet")
        owner.rename(place / "runs" / ".owner")
    assert done.returncode == 0, done.stderr
    assert "OPENED" not in done.stderr
