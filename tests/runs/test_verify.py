from __future__ import annotations

import json
from contextlib import suppress

import pytest

from rmnctl.errors import Failure
from rmnctl.runs import diff_runs, list_runs, resolve, verify_runs


def faults(house):
    """Every fault among all runs, as (run, code, message)."""
    found = verify_runs(house.runs, list_runs(house.runs))
    return [(f.run_id, f.code, f.message) for f in found]


def test_untouched_runs_have_no_faults(house):
    """Runs that are as recorded, twins included, give an empty list."""
    for text in ("a", "a", "b"):
        house.make(text=text)
    assert faults(house) == []


@pytest.mark.parametrize(
    ("name", "code"),
    [("said.txt", "ARTIFACT_ALTERED"), ("config.yaml", "CONFIG_ALTERED")],
)
def test_an_altered_file_is_a_fault(name, code, house):
    """A changed artifact or configuration is found by its digest."""
    run = house.make()
    path = run.folder / name
    path.write_bytes(path.read_bytes() + b" ")
    assert faults(house) == [(run.run_id, code, f"{name} was altered.")]


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("said.txt", ("ARTIFACT_MISSING", "said.txt is gone.")),
        ("config.yaml", ("CONFIG_ALTERED", "config.yaml was altered.")),
    ],
)
def test_a_missing_file_is_a_fault(name, fault, house):
    """A deleted artifact or configuration is found."""
    run = house.make()
    (run.folder / name).unlink()
    assert faults(house) == [(run.run_id, *fault)]


def test_other_bytes_from_the_same_request_are_a_fault(house):
    """Equal fingerprints with unequal artifacts are NOT_DETERMINISTIC, each artifact named."""
    with house.start() as first:
        first.write_text("a.txt", "1", "text/v1")
        first.write_text("same.txt", "=", "text/v1")
    with house.start() as second:
        second.write_text("a.txt", "2", "text/v1")
        second.write_text("same.txt", "=", "text/v1")
        second.write_text("more.txt", "", "text/v1")
    assert faults(house) == [
        (first.run_id, "NOT_DETERMINISTIC", f"{name} differs from {second.run_id}.")
        for name in ("a.txt", "more.txt")
    ]


def test_runs_that_did_not_complete_are_not_held_to_anything(house):
    """A failed or running twin with other artifacts is no fault."""
    house.make()
    house.make(raises=Failure("full"))
    with suppress(Failure), house.start() as run:
        run.write_text("said.txt", "half", "text/v1")
        raise Failure("full")
    house.start()
    assert faults(house) == []


def test_identical_runs_have_no_difference(house):
    """Nothing volatile is ever shown as a difference."""
    pair = [(r.folder, r.manifest) for r in (house.make(), house.make())]
    assert diff_runs(*pair) == []


def test_differences_are_named_by_what_they_are(house):
    """Verb, seed, configuration keys, artifacts and metrics are each told apart."""
    left, right = house.make("copy", size=2, seed=1), house.make("tell", size=3, seed=1)
    found = diff_runs(*(resolve(house.runs, r.run_id) for r in (left, right)))
    values = {d.what: (d.left, d.right) for d in found}
    digests = tuple(r.manifest.artifact("rows.parquet").sha256[:12] for r in (left, right))
    assert values == {
        "run.verb": ("copy", "tell"),
        "config.size": (2, 3),
        "artifacts.rows.parquet": digests,
        "metrics.rows": (2, 3),
    }
    assert json.dumps([vars(d) for d in found])
