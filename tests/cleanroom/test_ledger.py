"""The ledger: append-only, chained, safe among processes."""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys

import pytest

from rmnctl.cleanroom import Ledger
from rmnctl.config import Settings
from rmnctl.errors import InputError, PolicyRefusal, RunError
from rmnctl.runs.prune import superfluous
from rmnctl.workflows.cleanroom_ledger import newest_releases, verify_ledgers
from rmnctl.workflows.cleanroom_query import cleanroom_query
from tests.cleanroom.rooms import PLACEMENTS, event, policy, release, write_events


def market(extra: int = 0):
    return [
        event(d, p, f"c{i}", revenue="2", conversions=1, clicks=1, cost="0.5")
        for d in range(3)
        for p in PLACEMENTS
        for i in range(6 + extra)
    ]


def filled(folder, entries: int = 5) -> Ledger:
    ledger = Ledger(folder, "alpha")
    for i in range(entries):
        ledger.append("query", {"release": "r", "query": {"n": i}, "status": "ok", "answer": None})
    return ledger


def test_entries_follow_one_another(tmp_path) -> None:
    """Entries are numbered, chained by digest, and verify."""
    ledger = filled(tmp_path)
    entries = list(ledger.entries())
    assert [e["entry"] for e in entries] == [1, 2, 3, 4, 5]
    assert [e["previous"] for e in entries[1:]] == [e["digest"] for e in entries[:-1]]
    assert ledger.verify() == []


@pytest.mark.parametrize("line", [0, 2, 4])
def test_an_altered_entry_is_found(tmp_path, line) -> None:
    """Whatever entry is altered, verification names it."""
    ledger = filled(tmp_path)
    lines = ledger.path.read_text().splitlines()
    lines[line] = lines[line].replace('"status":"ok"', '"status":"no"')
    ledger.path.write_text("\n".join(lines) + "\n")
    assert [f.entry for f in ledger.verify()] == [line + 1]


def test_a_removed_an_inserted_and_a_cut_off_entry_are_found(tmp_path) -> None:
    """Holes, additions, swaps and a lost tail break the chain or disagree with the head."""
    ledger = filled(tmp_path)
    lines = ledger.path.read_text().splitlines()
    for spoiled in (lines[:2] + lines[3:], lines + lines[-1:], lines[:4], lines[::-1], []):
        ledger.path.write_text("".join(f"{x}\n" for x in spoiled))
        assert ledger.verify() != []
    ledger.path.unlink()
    assert ledger.verify() != []
    ledger.path.write_text("not json\n")
    assert ledger.verify() != []


def test_a_forged_tail_is_not_built_upon(tmp_path) -> None:
    """Nothing is entered after an end that the head does not know."""
    ledger = filled(tmp_path)
    lines = ledger.path.read_text().splitlines()
    ledger.path.write_text("".join(f"{x}\n" for x in lines[:3]))
    with pytest.raises(InputError, match="altered"):
        ledger.append("query", {})


def test_a_line_that_a_killed_writer_began_is_dropped(tmp_path) -> None:
    """A torn last line was never entered; the next entry takes its place."""
    ledger = filled(tmp_path)
    with ledger.path.open("a") as stream:
        stream.write('{"entry":6,"previ')
    ledger.append("query", {"status": "ok"})
    assert ledger.verify() == []
    assert len(list(ledger.entries())) == 6


def test_an_entry_whose_head_was_not_written_still_counts(tmp_path) -> None:
    """Killed between the line and the head: the line stands."""
    ledger = filled(tmp_path)
    head = (tmp_path / "alpha.head.json").read_bytes()
    ledger.append("query", {"status": "ok"})
    (tmp_path / "alpha.head.json").write_bytes(head)
    ledger.append("query", {"status": "ok"})
    assert ledger.verify() == []
    assert len(list(ledger.entries())) == 7


def _enter_many(folder) -> None:
    ledger = Ledger(folder, "alpha")
    for i in range(20):
        ledger.append("query", {"n": i})


def test_processes_take_turns(tmp_path) -> None:
    """P16: four processes at once leave one unbroken chain of all their entries."""
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_enter_many, args=(tmp_path,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    ledger = Ledger(tmp_path, "alpha")
    assert ledger.verify() == []
    assert len(list(ledger.entries())) == 80


def test_names_never_share_a_ledger(tmp_path) -> None:
    """Retailers whose names differ only in odd characters have ledgers of their own."""
    names = ["a/b", "a_b", "a b", "../a_b", "A_b"]
    assert len({Ledger(tmp_path, n).path for n in names}) == len(names)
    assert all(Ledger(tmp_path, n).path.parent == tmp_path for n in names)


def test_releases_and_queries_are_entered_without_values(tmp_path) -> None:
    """The ledger says what was asked and which answer was given, as a digest."""
    done = release(tmp_path, market())
    query = tmp_path / "q.json"
    query.write_text(
        json.dumps({"retailer": "alpha", "metrics": [{"field": "revenue", "agg": "sum"}]})
    )
    settings = Settings(runs=tmp_path / "runs")
    cleanroom_query(done.run.run_id, query, settings)
    query.write_text(
        json.dumps({"retailer": "alpha", "metrics": [{"field": "margin", "agg": "sum"}]})
    )
    with pytest.raises(PolicyRefusal):
        cleanroom_query(done.run.run_id, query, settings)
    text = Ledger(tmp_path / "runs" / ".ledger", "alpha").path.read_text()
    entries = [json.loads(line) for line in text.splitlines()]
    assert [e["kind"] for e in entries] == ["release", "query", "query"]
    assert [e.get("status") for e in entries] == [None, "ok", "FIELD_NOT_ALLOWED"]
    assert "margin" not in text
    assert "value" not in text
    assert verify_ledgers(settings)[1] == []


def test_starting_over_is_refused_while_a_ledger_exists(tmp_path) -> None:
    """Without the run it released last, a retailer cannot be released afresh."""
    done = release(tmp_path, market())
    aside = done.run.folder.rename(tmp_path / "aside")
    with pytest.raises(PolicyRefusal, match="gone"):
        release(tmp_path, market(1))
    aside.rename(done.run.folder)
    (done.run.folder / "manifest.json").write_text("{}")
    with pytest.raises(RunError):
        release(tmp_path, market(1))


def test_only_the_newest_release_is_refreshed(tmp_path) -> None:
    """Two refreshes of one release would have a difference that nobody judged."""
    first = release(tmp_path, market())
    second = release(tmp_path, market(6), previous=first.run.run_id)
    assert second.release.version == 2
    assert second.release.previous == first.release.digest
    with pytest.raises(PolicyRefusal, match="newest"):
        release(tmp_path, market(3), previous=first.run.run_id)


def test_the_policy_is_frozen_at_the_first_release(tmp_path) -> None:
    """Another threshold or grain next to old answers would let them be subtracted."""
    release(tmp_path, market())
    looser = policy(thresholds={"min_records": 1, "min_entities": 1, "min_contributors": 1})
    with pytest.raises(PolicyRefusal, match="frozen"):
        release(tmp_path, market(), looser)


def test_an_altered_ledger_stops_releases(tmp_path) -> None:
    """Nothing is released on top of a ledger that does not verify."""
    release(tmp_path, market())
    ledger = Ledger(tmp_path / "runs" / ".ledger", "alpha")
    ledger.path.write_text(ledger.path.read_text().replace('"version":1', '"version":7'))
    with pytest.raises(InputError, match="altered"):
        release(tmp_path, market(2))


def test_lost_owner_events_stop_a_refresh(tmp_path) -> None:
    """Without the data of the version before, no change can be judged, so none is shown."""
    done = release(tmp_path, market())
    (tmp_path / "runs" / ".owner" / done.run.run_id / "events.parquet").unlink()
    with pytest.raises(RunError, match="released from"):
        release(tmp_path, market(2))


def test_a_release_killed_before_its_end_is_as_if_it_never_was(tmp_path) -> None:
    """The ledger may name a run that never became complete; the next release is a first one."""
    write_events(tmp_path / "e.parquet", market())
    program = f"""
import os, signal
from pathlib import Path
from rmnctl.cleanroom.ledger import Ledger
from rmnctl.config import Settings
import rmnctl.workflows.cleanroom_release as work
from tests.cleanroom.rooms import policy
enter = Ledger.append
def enter_and_die(self, kind, content):
    enter(self, kind, content)
    os.kill(os.getpid(), signal.SIGKILL)
Ledger.append = enter_and_die
config = work.ReleaseConfig(policy=policy(), events={str(tmp_path / "e.parquet")!r})
work.cleanroom_release(config, Settings(runs=Path({str(tmp_path / "runs")!r})))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == -9, done.stderr
    again = release(tmp_path, market(1))
    assert again.release.version == 1
    assert verify_ledgers(Settings(runs=tmp_path / "runs"))[1] == []


def test_the_owner_keeps_the_data_of_the_newest_version_only(tmp_path) -> None:
    """What an older version was made of is deleted once the refresh is complete."""
    first, second = release(tmp_path, market()), release(tmp_path, market(6))
    owner = tmp_path / "runs" / ".owner"
    assert [p.name for p in (owner / first.run.run_id).iterdir()] == ["owner_report.json"]
    assert (owner / second.run.run_id / "events.parquet").is_file()


def test_pruning_spares_the_newest_release_and_what_it_follows(tmp_path) -> None:
    """Without it the retailer could never be refreshed again."""
    for i in range(2):
        release(tmp_path, market(6 * i))
    settings = Settings(runs=tmp_path / "runs")
    assert len(superfluous(settings.runs, 0)) == 2
    assert superfluous(settings.runs, 0, newest_releases(settings)) == []
