from __future__ import annotations

import os
from contextlib import nullcontext

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import pytest

from rmnctl.agents.briefs import understand
from rmnctl.agents.briefs.adviser import (
    LEAST_SURE,
    SURE_OF_BUDGET,
    SURE_OF_DOUBT,
    SURE_OF_LIMIT,
    SURE_OF_REFUSAL,
    Filled,
    ModelAdviser,
    fill,
    heard,
)
from rmnctl.agents.briefs.problems import Unplannable
from rmnctl.agents.briefs.reader import prepared
from rmnctl.agents.briefs.roles import Purpose
from rmnctl.agents.briefs.sheet import sheet_of
from rmnctl.agents.briefs.understanding import assemble
from tests.federation.tiny import open_base, open_federation, save_base

BRIEFS = (
    "Spend $100,000 for Brand X. Alpha 60% and beta 40%. Video, hm, 7%.",
    "Brand X has 100,000 USD. We saw nice video ads. ROAS 3 or better, 5% for tests.",
)
PLAIN = "Brand X has $100,000. Video at most 10%, six weeks."


@pytest.fixture(scope="module")
def federation(tmp_path_factory):
    """A tiny model that knows nothing."""
    folder = tmp_path_factory.mktemp("adviser")
    save_base(folder / "tiny")
    opened = open_federation(open_base(folder / "tiny", folder / "cache"), folder)
    yield opened
    opened.close()


def filled(reading, **words) -> Filled:
    """A sheet filled in as rules have it, but for the marks named: `word, how sure`."""
    sheet = sheet_of(reading)
    boxes = [words.get(b.mark, (b.filled, 1.0)) for b in sheet.boxes]
    return Filled(sheet, tuple(w for w, _ in boxes), tuple(p for _, p in boxes))


def test_a_model_that_knows_nothing_invents_no_number(vocabulary, federation) -> None:
    """Whatever a model fills in, every number of a request stands in its brief."""
    adviser = ModelAdviser(federation, vocabulary, force_adapters=(), alone=True)
    for got in understand(BRIEFS, vocabulary, adviser):
        if got.request is None:
            continue
        numbers = {got.request.budget, got.request.experiment_share, got.request.roas_floor}
        for limit in got.request.limits:
            numbers |= {limit.min_share, limit.max_share, limit.min_spend, limit.max_spend}
        assert numbers <= {None, 0, 100_000, 0.6, 0.4, 0.07, 0.05, 0.03, 3}
    assert adviser.asked > 0


def test_a_model_fills_in_every_box_with_one_of_its_options(vocabulary, federation) -> None:
    """An answer has a word for each box, one that the box offers, and how sure the model is."""
    readings = [prepared(b, vocabulary) for b in BRIEFS]
    for one in fill(federation, [sheet_of(r) for r in readings], ()):
        assert all(w in b.options for b, w in zip(one.sheet.boxes, one.words, strict=True))
        assert all(0 <= p <= 1 for p in one.sure)


@pytest.mark.parametrize("sure", [SURE_OF_LIMIT - 0.01, SURE_OF_LIMIT + 0.001])
def test_the_model_is_heard_where_it_is_sure(vocabulary, sure) -> None:
    """A box that the model fills in otherwise counts from a certain probability on, and is told."""
    reading = prepared(PLAIN, vocabulary)
    made = heard(reading, filled(reading, **{"2": (" min A", sure)}), vocabulary)
    [limit] = assemble(made, vocabulary)[0].limits
    believed = sure >= SURE_OF_LIMIT
    assert (limit.min_share, limit.max_share) == ((0.1, None) if believed else (None, 0.1))
    assert any('the model reads that "10%" is the least for "Video"' in n for n in made.notes)
    assert any("rules read it otherwise" in note for note in made.notes) is not believed


@pytest.mark.parametrize("sure", [SURE_OF_REFUSAL - 0.01, SURE_OF_REFUSAL + 0.001])
def test_what_rules_leave_out_is_left_out(vocabulary, sure) -> None:
    """Rules read refusals well: the model has to be surer there than elsewhere."""
    reading = prepared("Harbor, $80k. Nothing is to be spent on video.", vocabulary)
    made = heard(reading, filled(reading, A=(" none", sure)), vocabulary)
    limits = assemble(made, vocabulary)[0].limits
    assert [x.max_share for x in limits] == ([] if sure >= SURE_OF_REFUSAL else [0])


@pytest.mark.parametrize("sure", [SURE_OF_DOUBT - 0.01, SURE_OF_DOUBT + 0.001])
def test_doubt_of_a_budget_is_heard_early(vocabulary, sure) -> None:
    """A budget that the model holds for unsettled becomes a question sooner than other boxes change."""
    reading = prepared("Harbor, $80k if the vote is won. Six weeks.", vocabulary)
    made = heard(reading, filled(reading, **{"1": (" open", sure)}), vocabulary)
    with pytest.raises(Unplannable, match="not settled") if sure > SURE_OF_DOUBT else nullcontext():
        assemble(made, vocabulary)


def test_a_model_settles_no_money(vocabulary) -> None:
    """However sure the model is, an amount that is still to be confirmed stays a question."""
    reading = prepared("Harbor has $80k, to be confirmed next week. Beta max 40%.", vocabulary)
    made = heard(reading, filled(reading, **{"1": (" budget", 0.9999)}), vocabulary)
    with pytest.raises(Unplannable):
        assemble(made, vocabulary)


@pytest.mark.parametrize(("sure", "planned"), [(0.95, True), (0.9999, False)])
def test_a_request_is_given_up_only_for_what_is_all_but_certain(vocabulary, sure, planned) -> None:
    """Where the model sees no budget and rules do, it has to be surer than in other disputes."""
    reading = prepared(PLAIN, vocabulary)
    made = heard(reading, filled(reading, **{"1": (" past", sure)}), vocabulary)
    purposes = {r.purpose for r in made.roles}
    assert (Purpose.BUDGET in purposes) is planned


def test_the_model_can_tell_which_amount_is_the_budget(vocabulary) -> None:
    """Two amounts that rules cannot tell apart become a request where the model is sure."""
    brief = "Harbor: $80,000. The trade fair, $95,000."
    reading = prepared(brief, vocabulary)
    marks = {b.filled: b.mark for b in sheet_of(reading).boxes}
    assert " budget" in marks
    second = filled(reading, **{"2": (" past", SURE_OF_BUDGET + 0.001), "1": (" budget", 1.0)})
    assert assemble(heard(reading, second, vocabulary), vocabulary)[0].budget == 80_000


@pytest.mark.parametrize(("sure", "planned"), [(LEAST_SURE - 0.01, False), (0.95, True)])
def test_a_problem_is_not_guessed_away(vocabulary, sure, planned) -> None:
    """Floors that add up to more than the budget stay a problem where the model is not sure."""
    reading = prepared("Harbor, $80k. Video at least 60%, onsite display at least 50%.", vocabulary)
    made = heard(reading, filled(reading, **{"3": (" past", sure)}), vocabulary)
    with nullcontext() if planned else pytest.raises(Unplannable, match=r"floors|least"):
        assemble(made, vocabulary)


def test_a_brief_that_is_too_long_is_read_by_rules(vocabulary, federation) -> None:
    """What does not fit the model's context is read by rules, and that is told."""
    brief = PLAIN + " We talked of the weather, and of little else." * 200
    adviser = ModelAdviser(federation, vocabulary, force_adapters=())
    [got] = understand([brief], vocabulary, adviser)
    assert got.request is not None
    assert adviser.asked == 0
    assert any("did not read along" in line for line in got.assumptions)
