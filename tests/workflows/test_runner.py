"""A workflow of runs: order, what is kept, what is done again, and resuming after a failure."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmnctl.config import ConfigModel
from rmnctl.errors import ConfigError, Failure
from rmnctl.runs import Run
from rmnctl.workflows.runner import Silent, Step, ordered, run_steps


class Config(ConfigModel):
    """A run's configuration."""

    name: str


class Kitchen:
    """Steps that leave a run each, and remember that they were at work."""

    def __init__(self, runs) -> None:
        self.runs = runs
        self.worked: list[str] = []
        self.broken: set[str] = set()

    def step(self, name, needs=(), key=None):
        """A step that reads what its needed steps wrote."""

        def work(done, tell):
            assert set(needs) <= set(done)
            self.worked.append(name)
            if name in self.broken:
                raise Failure(f"{name} is broken")
            tell(1, 2)
            with Run.start(self.runs, name, Config(name=name)) as run:
                run.write_json("out.json", {"by": name}, "thing/v1")
            return run

        return Step(name, f"do {name}", work, needs, key)

    def steps(self, key=None):
        """Sand and water make mortar; mortar and brick make a wall."""
        return [
            self.step("wall", ("mortar", "brick")),
            self.step("sand"),
            self.step("mortar", ("sand", "water")),
            self.step("water", key=key),
            self.step("brick"),
        ]

    def run(self, steps=None, **options):
        """Run them; the names of those that worked."""
        self.worked = []
        self.done = run_steps(steps or self.steps(), runs=self.runs, name="house", **options)
        return self.worked


@pytest.fixture
def kitchen(tmp_path):
    """Steps over an empty runs folder."""
    return Kitchen(tmp_path / "runs")


def test_steps_stand_after_what_they_need_otherwise_as_given(kitchen) -> None:
    """The order is that of the list, except where one needs another."""
    assert kitchen.run() == ["sand", "water", "mortar", "brick", "wall"]
    assert kitchen.done["wall"].document("out.json") == {"by": "wall"}


def test_a_second_time_everything_is_kept(kitchen) -> None:
    """Nothing works again, and the runs are the same."""
    kitchen.run()
    before = {name: step.run_id for name, step in kitchen.done.items()}
    assert kitchen.run() == []
    assert {name: step.run_id for name, step in kitchen.done.items()} == before
    assert all(step.kept for step in kitchen.done.values())
    assert kitchen.run(fresh=True) == ["sand", "water", "mortar", "brick", "wall"]


def test_after_a_failure_work_goes_on_at_the_step_that_failed(kitchen) -> None:
    """Steps before the failure are kept, the failed one and those after it work."""
    kitchen.broken = {"mortar"}
    with pytest.raises(Failure, match="mortar is broken"):
        kitchen.run()
    assert kitchen.worked == ["sand", "water", "mortar"]
    kitchen.broken = set()
    assert kitchen.run() == ["mortar", "brick", "wall"]


def test_another_configuration_is_done_again_with_all_that_stands_on_it(kitchen) -> None:
    """A changed key repeats its step and what needs it, nothing else."""
    kitchen.run()
    assert kitchen.run(kitchen.steps(key="salt")) == ["water", "mortar", "wall"]


def test_altered_and_lost_runs_are_done_again(kitchen) -> None:
    """A run whose bytes changed, or that was deleted, is not taken for done."""
    kitchen.run()
    (kitchen.done["brick"].folder / "out.json").write_text("{}")
    assert kitchen.run() == ["brick", "wall"]
    (kitchen.done["sand"].folder / "manifest.json").unlink()
    assert kitchen.run() == ["sand", "mortar", "wall"]


@pytest.mark.parametrize(
    "notes", ["", "[]", '{"schema": "other"}', '{"schema": "rmnctl/workflow/v1"}']
)
def test_damaged_notes_mean_that_nothing_is_done(kitchen, notes) -> None:
    """Whatever the notes hold, a workflow runs."""
    kitchen.run()
    path = kitchen.runs / ".cache" / "workflows" / "house.json"
    assert set(json.loads(path.read_text())["steps"]) == set(kitchen.done)
    path.write_text(notes)
    assert len(kitchen.run()) == 5


def test_a_step_without_a_run_works_every_time(kitchen) -> None:
    """What leaves nothing to pick up cannot be kept."""
    asked = []
    ask = Step("ask", "ask", lambda _done, _tell: asked.append(1))
    for _ in range(2):
        run_steps([ask], runs=kitchen.runs, name="asking")
    assert len(asked) == 2


def test_a_watcher_hears_of_every_step(kitchen) -> None:
    """Start, progress and end, with number and count, kept steps included."""
    heard = []

    class Ear(Silent):
        def started(self, number, count, step):
            heard.append((number, count, step.name))

        def progressed(self, done, of):
            heard.append((done, of))

        def finished(self, step, done):
            heard.append((step.name, done.kept))

    kitchen.run([kitchen.step("sand")], watch=Ear())
    kitchen.run([kitchen.step("sand")], watch=Ear())
    assert heard == [(1, 1, "sand"), (1, 2), ("sand", False), (1, 1, "sand"), ("sand", True)]


def test_an_optional_step_is_left_out_with_its_reason(kitchen) -> None:
    """What may be missing does not end the workflow; it is tried again the next time."""
    kitchen.broken = {"brick"}
    wall = kitchen.step("wall", ("brick",))
    brick = replace(kitchen.step("brick"), optional=True)
    assert kitchen.run([wall, brick]) == ["brick", "wall"]
    assert (kitchen.done["brick"].left_out, kitchen.done["brick"].run_id) == ("brick is broken", "")
    kitchen.broken = set()
    assert kitchen.run([wall, brick]) == ["brick", "wall"]
    assert kitchen.done["brick"].left_out == ""


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ([("a", ("b",)), ("b", ("a",))], "wait for each other"),
        ([("a", ("z",))], "no step"),
        ([("a", ()), ("a", ())], "one name"),
    ],
)
def test_steps_that_form_no_workflow_are_refused(kitchen, steps, says) -> None:
    """A circle, an unknown name and a name given twice are configuration errors."""
    with pytest.raises(ConfigError, match=says):
        ordered([kitchen.step(*step) for step in steps])


@given(st.data())
def test_every_order_respects_every_need(data) -> None:
    """Whatever graph without cycles: all steps are there once, none before what it needs."""
    count = data.draw(st.integers(1, 8))
    names = data.draw(st.permutations([f"s{i}" for i in range(count)]))
    steps = [
        Step(
            n,
            n,
            lambda _done, _tell: None,
            tuple(data.draw(st.lists(st.sampled_from(names[:i]), unique=True)) if i else ()),
        )
        for i, n in enumerate(names)
    ]
    shuffled = data.draw(st.permutations(steps))
    order = [s.name for s in ordered(shuffled)]
    assert sorted(order) == sorted(names)
    assert all(order.index(n) < order.index(s.name) for s in steps for n in s.needs)
