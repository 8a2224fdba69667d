"""A reading put together as a request, or the problem that stands in the way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from pydantic import ValidationError

from rmnctl.agents.briefs.anchors import Topic
from rmnctl.agents.briefs.decided import is_decided
from rmnctl.agents.briefs.direction import Direction
from rmnctl.agents.briefs.draft import Draft, check_range, contradiction, number, of, words_of
from rmnctl.agents.briefs.kinds import Kind
from rmnctl.agents.briefs.limits import check_sums, limits_of, order
from rmnctl.agents.briefs.mentions import Scope
from rmnctl.agents.briefs.names import retailers_of, the_brand
from rmnctl.agents.briefs.objective import settle
from rmnctl.agents.briefs.problems import Code, Unplannable
from rmnctl.agents.briefs.reading import Reading
from rmnctl.agents.briefs.roles import Purpose, Role
from rmnctl.agents.briefs.unclear import on_top, unclear
from rmnctl.agents.briefs.vocabulary import Vocabulary
from rmnctl.agents.briefs.wholes import lone_currency
from rmnctl.planning import PlanRequest


def assemble(reading: Reading, vocabulary: Vocabulary) -> tuple[PlanRequest, Draft]:
    """The request that a reading amounts to.

    Raises:
        Unplannable: Budget or brand are missing, unknown or said twice; or the brief
            contradicts itself.
    """
    draft = Draft()
    draft.fields["brand_id"] = the_brand(reading, vocabulary, draft.used, draft.assumptions)
    budget = _budget(reading, draft)
    _objective(reading, draft)
    _horizon(reading, draft)
    _single(reading, draft, Purpose.ROAS, "roas_floor")
    _single(reading, draft, Purpose.EXPERIMENT, "experiment_share", budget)
    _single(reading, draft, Purpose.ACTIVE, "active_min_spend")
    _single(reading, draft, Purpose.CELLS, "max_active_cells")
    limits = limits_of(reading, vocabulary, draft)
    draft.fields["retailers"], gone = retailers_of(reading, vocabulary, draft.used)
    for retailer in gone:
        least = limits.pop((Scope.RETAILER, retailer), {})
        if any(least.get(k) for k in ("min_share", "min_spend")):
            raise contradiction(f"{retailer} is to get nothing and at least something")
    check_sums(limits, budget, draft.fields["retailers"])
    draft.fields["limits"] = [
        {"scope": scope.value, "id": name, **bounds}
        for (scope, name), bounds in sorted(limits.items(), key=order)
        if bounds
    ]
    _not_understood(reading, draft)
    draft.assumptions += reading.notes
    _defaults(draft)
    return _request(draft), draft


# -- money ------------------------------------------------------------------------------------


#: Less than this buys nothing anywhere; `$62,00` means something else.
_SMALLEST = 100


def _budget(reading: Reading, draft: Draft) -> Fraction:
    found = of(reading, Purpose.BUDGET)
    for role in found:
        fault = "not settled, as the model reads it" if role.open else unclear(reading, role)
        if fault is not None:
            raise Unplannable(
                Code.UNCLEAR_MONEY,
                f'"{words_of(reading, role)}" is {fault}.',
                "Give the whole budget for the whole plan, as one amount.",
            )
    extra = next((r for r in reading.roles if on_top(reading, r)), None)
    if found and extra is not None:
        raise Unplannable(
            Code.UNCLEAR_MONEY,
            f'It is not clear whether the budget contains "{words_of(reading, extra)}".',
            "Give the whole budget as one amount, and the parts of it.",
        )
    if not found:
        raise Unplannable(
            Code.NO_BUDGET,
            "The brief names no budget, and a budget has no default.",
            'Say how much may be spent, e.g. "a budget of 40,000 USD".',
        )
    amounts = sorted({r.value.low for r in found})
    if len(amounts) > 1 or any(r.value.high is not None for r in found):
        raise _several(reading, found)
    if amounts[0] <= 0:
        raise Unplannable(
            Code.BAD_MONEY, "The budget must be above zero.", "Say how much may be spent."
        )
    if amounts[0] < _SMALLEST:
        raise Unplannable(
            Code.UNCLEAR_MONEY,
            f'"{words_of(reading, found[0])}" is hardly a budget: are thousands meant?',
            "Give the whole budget in full, e.g. 62,000.",
        )
    draft.fields["budget"] = number(amounts[0])
    draft.used.append(("budget", words_of(reading, found[0])))
    _currency(reading, draft)
    return amounts[0]


def _several(reading: Reading, found: Sequence[Role]) -> Unplannable:
    strong = [
        r for r in found
        if (r.anchor is not None and r.anchor.topic is Topic.BUDGET)
        or is_decided(reading.text, r.value, weakly=True)
    ]  # fmt: skip
    codes = {r.value.currency for r in found if r.value.currency}
    if len(codes) > 1:
        return _mixed(codes)
    said = "; ".join(f'"{words_of(reading, r)}"' for r in found)
    ranges = [r for r in found if r.value.high is not None]
    either = [r for r in ranges if " or " in reading.text.low[r.value.start : r.value.end]]
    if len({r.value.low for r in strong}) > 1 or either:
        return Unplannable(
            Code.TWO_BUDGETS,
            f"The brief gives more than one budget: {said}.",
            "Give one amount; mark others as what they are.",
        )
    if ranges:
        return Unplannable(
            Code.UNCLEAR_MONEY,
            f"The brief gives a range for the budget: {said}.",
            "Give one amount: the most that may be spent.",
        )
    return Unplannable(
        Code.UNCLEAR_MONEY if strong else Code.TWO_BUDGETS,
        f"It is not clear which of these amounts is the budget, or what the others are: {said}.",
        "Say of each amount what it is for, or leave it out.",
    )


def _mixed(codes: set[str]) -> Unplannable:
    return Unplannable(
        Code.MIXED_CURRENCY,
        f"The brief mixes currencies: {', '.join(sorted(codes))}.",
        "Give all amounts in the currency of the budget.",
    )


def _currency(reading: Reading, draft: Draft) -> None:
    money = [
        r for r in reading.roles
        if r.value.currency and r.purpose not in {Purpose.BACKGROUND, Purpose.UNKNOWN}
    ]  # fmt: skip
    codes = {r.value.currency for r in money if r.value.currency}
    if len(codes) > 1:
        raise _mixed(codes)
    draft.fields["currency"] = next(iter(codes)) if codes else lone_currency(reading.text)


# -- single fields ----------------------------------------------------------------------------


def _objective(reading: Reading, draft: Draft) -> None:
    if reading.goal is not None:
        draft.fields["objective"] = reading.goal.value
        return
    objective, mentions, torn = settle(reading.text, reading.wishes)
    if torn:
        words = " and ".join(
            f'"{reading.text.quote(w.start, w.end)}"' for w in (mentions or reading.wishes)
        )
        raise contradiction(f"more than one objective ({words})")
    if objective is not None:
        draft.fields["objective"] = objective.value
        start, end = mentions[0].start, mentions[0].end
        draft.used.append(("objective", reading.text.quote(start, end)))


def _horizon(reading: Reading, draft: Draft) -> None:
    found = of(reading, Purpose.HORIZON)
    plain = [r for r in found if not r.value.vague] or found
    days = {r.value.low for r in plain}
    if not days:
        return
    if len(days) > 1:
        said = "; ".join(f'"{reading.text.quote(r.value.start, r.value.end)}"' for r in plain)
        raise contradiction(f"more than one duration ({said})")
    role = plain[0]
    draft.fields["horizon_days"] = int(role.value.low)
    words = reading.text.quote(role.value.start, role.value.end)
    draft.used.append(("horizon_days", words))
    if role.value.vague:
        draft.assumptions.append(f'horizon_days: "{words}" is read as {int(role.value.low)} days.')


def _single(
    reading: Reading,
    draft: Draft,
    purpose: Purpose,
    name: str,
    budget: Fraction | None = None,
) -> None:
    found = of(reading, purpose)
    values: dict[Fraction, Role] = {}
    capped = [r for r in found if purpose is Purpose.ROAS and is_cap(r, reading)]
    if capped and any(r.value.low > capped[0].value.low for r in found):
        raise contradiction("the return is to be at least more than it may be")
    for role in found:
        value = role.value.low
        if role in capped:
            draft.assumptions.append(f'not understood: "{words_of(reading, role)}".')
            continue
        if purpose is Purpose.CELLS and role.direction is Direction.LEAST:
            draft.assumptions.append(
                f'not understood: "{words_of(reading, role)}" (there is no least number of cells).'
            )
            continue
        if purpose is Purpose.EXPERIMENT and role.value.kind is Kind.MONEY and budget:
            value /= budget
            draft.assumptions.append(
                f'experiment_share: "{words_of(reading, role)}" of the budget is {float(value):.4g}.'
            )
        values.setdefault(value, role)
    if len(values) > 1:
        said = "; ".join(f'"{words_of(reading, r)}"' for r in values.values())
        raise contradiction(f"{name} is said more than once ({said})")
    for value, role in values.items():
        check_range(reading, role, value, share=purpose is Purpose.EXPERIMENT)
        draft.fields[name] = number(value)
        draft.used.append((name, words_of(reading, role)))


_WERE = re.compile(r"\b(?:if|when|whenever|once|should|unless|anything|lest)\b")


def is_cap(role: Role, reading: Reading) -> bool:
    """Whether a return is bounded from above, which no request can say."""
    left = reading.text.sentence(role.value.start)[0]
    # `If the ROAS is under 3 I get shouted at`: what must not be.
    if _WERE.search(reading.text.low, left, role.value.start):
        return False
    return role.direction is Direction.MOST and role.value.kind is not Kind.MULTIPLE


# -- the rest ---------------------------------------------------------------------------------


def _not_understood(reading: Reading, draft: Draft) -> None:
    for role in reading.roles:
        if role.purpose is Purpose.BACKGROUND and not role.faint:
            draft.assumptions.append(f'taken as background: "{words_of(reading, role)}".')
        if role.purpose is Purpose.UNKNOWN and role.value.kind is Kind.SHARE:
            draft.assumptions.append(f'not understood: "{words_of(reading, role)}".')
    for mention in reading.mentions:
        if mention.near:
            words = reading.text.quote(mention.start, mention.end)
            draft.assumptions.append(f'"{words}" is read as {mention.ids[0]}.')


_SAID = {
    "currency": "currency: not said; that of the curves.",
    "retailers": "retailers: not said; all with curves.",
    "objective": "objective: not said; incremental_margin.",
    "roas_floor": "roas_floor: not said; none.",
    "experiment_share": "experiment_share: not said; 0.",
    "horizon_days": "horizon_days: not said; 28.",
    "limits": "limits: none said.",
    "active_min_spend": "active_min_spend: not said; none.",
    "max_active_cells": "max_active_cells: not said; none.",
}


def _defaults(draft: Draft) -> None:
    draft.assumptions += [text for name, text in _SAID.items() if not draft.fields.get(name)]


def _request(draft: Draft) -> PlanRequest:
    try:
        return PlanRequest.model_validate({k: v for k, v in draft.fields.items() if v is not None})
    except ValidationError as error:
        raise contradiction(
            "; ".join(str(e["msg"]).removeprefix("Value error, ") for e in error.errors())
        ) from error
