from __future__ import annotations

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import pytest

from rmnctl.agents.briefs import understand
from rmnctl.agents.briefs.adviser import ModelAdviser
from rmnctl.agents.briefs.anchors import Topic
from rmnctl.agents.briefs.questions import about_name, about_number, label
from rmnctl.agents.briefs.reading import read
from rmnctl.agents.briefs.roles import Purpose
from tests.federation.tiny import open_base, open_federation, save_base

BRIEFS = (
    "Spend $100,000 for Brand X. Alpha 60% and beta 40%. Video, hm, 7%.",
    "Brand X has 100,000 USD. We saw nice video ads. ROAS 3 or better, 5% for tests.",
)


@pytest.fixture(scope="module")
def federation(tmp_path_factory):
    """A tiny model that knows nothing."""
    folder = tmp_path_factory.mktemp("adviser")
    save_base(folder / "tiny")
    opened = open_federation(open_base(folder / "tiny", folder / "cache"), folder)
    yield opened
    opened.close()


def test_names_become_letters_and_the_number_is_marked(vocabulary) -> None:
    """A question shows one sentence without names, and offers only what stands in it."""
    reading = read("Harbor: keep alpha under 65% and video under 15%.", vocabulary)
    question = about_number(reading, reading.roles[1].value)
    assert question.prompt == "B: keep R1 under 65% and P1 under [15%]."
    assert {o for o in question.options if " " in o} == {
        f"{way} {code}" for way in ("max", "min", "is") for code in ("R1", "P1")
    }
    assert label(reading.roles[1], question) == "max P1"


def test_a_name_without_a_number_can_be_asked_about(vocabulary) -> None:
    """A question about a name marks the name."""
    reading = read("We are not so sure about video.", vocabulary)
    [place] = [a for a in reading.places if a.topic is Topic.NAMES]
    assert about_name(reading, place).prompt == "We are not so sure about [P1]."


def test_a_model_that_knows_nothing_invents_no_number(vocabulary, federation) -> None:
    """Whatever a model answers, every number of a request stands in its brief."""
    adviser = ModelAdviser(federation, every=True, force_adapters=())
    for got in understand(BRIEFS, vocabulary, adviser):
        if got.request is None:
            continue
        numbers = {got.request.budget, got.request.experiment_share, got.request.roas_floor}
        for limit in got.request.limits:
            numbers |= {limit.min_share, limit.max_share, limit.min_spend, limit.max_spend}
        assert numbers <= {None, 0, 100_000, 0.6, 0.4, 0.07, 0.05, 3}
    assert adviser.asked > 0


def test_what_the_model_changed_is_listed(vocabulary, federation) -> None:
    """A reading that differs from that of the rules is among the assumptions."""
    rules = read(BRIEFS[0], vocabulary)
    [settled] = ModelAdviser(federation, every=True, force_adapters=()).settle([rules])
    before = [(r.purpose, r.direction) for r in rules.roles]
    after = [(r.purpose, r.direction) for r in settled.roles]
    assert (before != after) <= bool(settled.notes)
    assert all(r.purpose in Purpose for r in settled.roles)


def test_without_a_doubt_no_model_is_asked(vocabulary, federation) -> None:
    """A brief that rules understand costs no token."""
    adviser = ModelAdviser(federation, force_adapters=())
    understand(["Spend $100,000 for Brand X, video at most 10%."], vocabulary, adviser)
    assert adviser.asked == 0
