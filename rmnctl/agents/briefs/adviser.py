"""The language model as a second reader of a brief, heard where it is sure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from rmnctl.agents.briefs.filling import in_words, settled
from rmnctl.agents.briefs.problems import Unplannable
from rmnctl.agents.briefs.reading import Reading
from rmnctl.agents.briefs.sheet import (
    BUDGET,
    IN,
    OPEN,
    OUT,
    SYSTEM,
    Sheet,
    is_goal,
    is_limit,
    is_period,
    sheet_of,
)
from rmnctl.agents.briefs.understanding import assemble
from rmnctl.agents.briefs.vocabulary import Vocabulary
from rmnctl.federation import LoRAFederation, Request

TASK = "planning"
#: The longest sheet that is filled in, tokens.
_ANSWER = 512
#: A longer sheet, bytes, would not fit the context of the base (a token is at least a byte).
MOST_BYTES = 7500
#: How probable the model must hold what it says against the rules; chosen, as what follows, on
#: labelled briefs that neither was made with (docs/briefs.md).
SURE = 0.65
#: And what it says otherwise of what rules read well: names that are left out, periods, which way
#: a limit goes, the goal, retailers asked for in a request; and of what they leave aside as budget.
SURE_OF_REFUSAL, SURE_OF_PERIOD, SURE_OF_LIMIT, SURE_OF_GOAL = 0.94, 0.80, 0.77, 0.84
SURE_OF_RETAILER = SURE_OF_BUDGET = 0.92
#: Doubt of a budget is cheap: a plan for money that nobody has is worse than a question.
SURE_OF_DOUBT = 0.60
#: Below these nothing that the model says resolves a problem: what is wrong is named, not guessed away.
LEAST_SURE, LEAST_SURE_OF_BUDGET = 0.5, 0.6
#: What it costs, in log-odds, that a reading ends in a problem.
PROBLEM = 4.0
#: Boxes in dispute of which every choice is weighed; of more, the surest.
MOST_DISPUTED = 7
#: From here on, what the model would have said is told though it is not heard.
TOLD = 0.5


@dataclass(frozen=True)
class Filled:
    """A sheet as the model filled it in.

    Attributes:
        sheet: With the rules' own filling.
        words: Of the model, one a box.
        sure: How probable the model holds each, given those before it.
    """

    sheet: Sheet
    words: tuple[str, ...]
    sure: tuple[float, ...]


class ModelAdviser:
    """Fills in the sheets of briefs; one batch for all.

    Args:
        federation: Base and adapters; the base in this process.
        vocabulary: The names that briefs use.
        force_adapters: These adapters instead of those selected; () is the bare base.
        alone: The model's filling counts whatever rules say: to measure it by itself.

    Attributes:
        asked: How many boxes it has filled in.
        exchanges: Each sheet with its answer.
    """

    def __init__(
        self,
        federation: LoRAFederation,
        vocabulary: Vocabulary,
        *,
        force_adapters: tuple[str, ...] | None = None,
        alone: bool = False,
    ) -> None:
        self._federation = federation
        self._vocabulary = vocabulary
        self._force = force_adapters
        self._alone = alone
        self.asked = 0
        self.exchanges: list[tuple[str, str]] = []

    def settle(self, readings: Sequence[Reading]) -> list[Reading]:
        """The readings, each with those boxes changed in which the model is heard.

        Raises:
            InputError: An adapter is missing or damaged.
            Failure: The backend is a server, which fills in no forms.
        """
        sheets = [sheet_of(r) for r in readings]
        fitting = [n for n, s in enumerate(sheets) if len(s.prompt.encode()) <= MOST_BYTES]
        found = self._filled([sheets[n] for n in fitting]) if fitting else []
        filled = dict(zip(fitting, found, strict=True))
        return [
            self._heard(r, filled[n]) if n in filled else _by_rules(r)
            for n, r in enumerate(readings)
        ]

    def _filled(self, sheets: Sequence[Sheet]) -> list[Filled]:
        found = fill(self._federation, sheets, self._force)
        for one in found:
            self.asked += len(one.words)
            self.exchanges.append((one.sheet.prompt, "".join(one.sheet.answer(one.words))))
        return found

    def _heard(self, reading: Reading, filled: Filled) -> Reading:
        if self._alone:
            return settled(reading, filled.sheet, dict(enumerate(filled.words)))
        return heard(reading, filled, self._vocabulary)

    @property
    def adapters(self) -> list[dict[str, Any]]:
        """The layers that answered, with why; none before anything was asked."""
        return self._federation.get_active_adapters() if self.asked else []


def _by_rules(reading: Reading) -> Reading:
    note = "the model did not read along: the brief is too long for it."
    return replace(reading, notes=(*reading.notes, note))


def fill(
    federation: LoRAFederation,
    sheets: Sequence[Sheet],
    force_adapters: tuple[str, ...] | None = None,
) -> list[Filled]:
    """Sheets filled in by the model alone; one batch for all.

    Raises:
        InputError: An adapter is missing or damaged, or a brief does not fit the context.
        Failure: The backend is a server, which fills in no forms.
    """
    requests = [
        Request(
            sheet.prompt,
            TASK,
            form=sheet.form,
            system=SYSTEM,
            max_new_tokens=_ANSWER,
            force_adapters=force_adapters,
        )
        for sheet in sheets
    ]
    answers = [
        _boxes(sheet, found.text)
        for sheet, found in zip(sheets, federation.infer_batch(requests), strict=True)
    ]
    parts = [s.answer(words) for s, words in zip(sheets, answers, strict=True)]
    graded = federation.grade_parts(requests, parts)
    return [
        Filled(sheet, words, tuple(math.exp(x) for x in logs[1::2]))
        for sheet, words, logs in zip(sheets, answers, graded, strict=True)
    ]


def heard(reading: Reading, filled: Filled, vocabulary: Vocabulary) -> Reading:
    """The rules' reading, with those boxes changed that make the likeliest reading.

    Each box that the model fills in otherwise speaks with its log-odds, less what the model must
    be surer than; a reading that ends in a problem has to be that much likelier.

    Args:
        reading: Of the rules.
        filled: Its sheet, filled in by the model.
        vocabulary: The names that the brief uses.
    """
    sheet = filled.sheet
    plannable = _plannable(reading, vocabulary)
    disputed = [
        n
        for n, (box, word) in enumerate(zip(sheet.boxes, filled.words, strict=True))
        if word != box.filled
    ]
    speaks = {
        n: _log_odds(filled.sure[n])
        - _log_odds(needed(sheet.boxes[n].filled, filled.words[n], plannable=plannable))
        for n in disputed
    }
    credible = [
        n
        for n in disputed
        if plannable or filled.sure[n] >= _least(sheet.boxes[n].filled, filled.words[n])
    ]
    surest = sorted(credible, key=lambda n: -filled.sure[n])[:MOST_DISPUTED]
    best, made, believed = -PROBLEM * (not plannable), reading, frozenset[int]()
    for count in range(1, len(surest) + 1):
        for some in combinations(surest, count):
            said = sum(speaks[n] for n in some)
            if said <= best:
                continue
            other = settled(reading, sheet, {n: filled.words[n] for n in some})
            doubt = any(filled.words[n] == OPEN for n in some)
            score = said - PROBLEM * (not doubt and not _plannable(other, vocabulary))
            if score > best:
                best, made, believed = score, other, frozenset(some)
    notes = [
        f"the model reads that {in_words(sheet.boxes[n], filled.words[n], reading, sheet)}"
        + ("." if n in believed else "; rules read it otherwise, and hold.")
        for n in disputed
        if n in believed or filled.sure[n] >= TOLD
    ]
    return replace(made, notes=(*reading.notes, *notes))


def needed(rules: str, model: str, *, plannable: bool) -> float:
    """How probable the model must hold one word against that of the rules.

    Args:
        rules: What they fill in.
        model: What it fills in instead.
        plannable: Whether the rules' reading ends in a request.
    """
    if rules == OUT:
        return SURE_OF_REFUSAL
    if model == OPEN:
        return SURE_OF_DOUBT
    if model == BUDGET:
        return SURE_OF_BUDGET
    if is_period(rules) or is_period(model):
        return SURE_OF_PERIOD
    if is_limit(rules) and is_limit(model):
        return SURE_OF_LIMIT
    if is_goal(rules):
        return SURE_OF_GOAL
    return SURE_OF_RETAILER if rules == IN and plannable else SURE


def _least(rules: str, model: str) -> float:
    if (rules, model) == (OPEN, BUDGET):
        return math.inf  # what is unclear about money is for people to settle
    return LEAST_SURE_OF_BUDGET if BUDGET in {rules, model} else LEAST_SURE


def _log_odds(probability: float) -> float:
    """Bounded, so that no box outweighs all others."""
    held = min(max(probability, 1e-6), 1 - 1e-6)
    return math.log(held / (1 - held))


def _plannable(reading: Reading, vocabulary: Vocabulary) -> bool:
    try:
        assemble(reading, vocabulary)
    except Unplannable:
        return False
    return True


def _boxes(sheet: Sheet, text: str) -> tuple[str, ...]:
    """What stands behind each mark; an answer that was cut keeps the rules' words at its end."""
    lines = text.split("\n")
    return tuple(
        word
        if n < len(lines) and (word := lines[n].removeprefix(box.mark)) in box.options
        else box.filled
        for n, box in enumerate(sheet.boxes)
    )
