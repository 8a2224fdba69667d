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
from rmnctl.agents.briefs.others import only_advised
from rmnctl.agents.briefs.problems import Code, Unplannable
from rmnctl.agents.briefs.reading import Reading
from rmnctl.agents.briefs.roles import Purpose, Role
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


def _budget(reading: Reading, draft: Draft) -> Fraction:
    found = of(reading, Purpose.BUDGET)
    for role in found:
        fault = _unclear(reading, role)
        if fault is not None:
            raise Unplannable(
                Code.UNCLEAR_MONEY,
                f'"{words_of(reading, role)}" is {fault}.',
                "Give the whole budget for the whole plan, as one amount.",
            )
    extra = next((r for r in reading.roles if _on_top(reading, r)), None)
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
    draft.fields["budget"] = number(amounts[0])
    draft.used.append(("budget", words_of(reading, found[0])))
    _currency(reading, draft)
    return amounts[0]


_RATE = (
    r"(?:(?:per|a|each|every)\s+(?:week|day|month|quarter|year)|weekly|daily|monthly|quarterly|/\s?(?:week|day|month|wk|mo|d|w)|"
    r"p\.?\s?[wm]\.?)(?![a-z])"
)
_RATE_AFTER = re.compile(
    rf"\s*(?:of\s+)?(?:is\s+|as\s+)?{_RATE}"
    r"|\s*(?:in|for|during|over)?\s*each(?: one)? of (?:the|these|those|our)\b[^.;,]{0,24}\b(?:weeks|months|quarters|days|years)\b"
)
_RATE_BEFORE = re.compile(
    r"\b(?:weekly|daily|monthly|per[- ]week|per[- ]day|per[- ]month|each (?:week|day|month)|every (?:week|day|month))\s+"
    r"(?:(?:budget|spend|spending|amount|investment|allowance|cap|limit|rate|we|of|is|has|have|spends?|invests?|gets?|up|to|:|=)\s*)*$"
)
_OR_MORE = re.compile(
    r"(?<!cheque )(?<!check )(?<!sum )(?<!amount )\b(?:at least|at a minimum|a minimum of|over|more than|upwards of|north of|above|in excess of|no less than|not less than|min(?:imum|\.)? (?:budget|spend|investment|amount|total)(?: of| is|:)?)\s+"
    r"(?:about\s+|usd\s+)?$"
)


def _unclear(reading: Reading, role: Role) -> str | None:
    """Why an amount is no budget, if so: told by the period, or only from below."""
    low = reading.text.low
    before = low[reading.text.sentence(role.value.start)[0] : role.value.start]
    if _LATER.match(low, role.value.end):
        return "one of several instalments"
    if _OR_CURRENCY.match(low, role.value.end):
        return "in one of two currencies"
    after = low[role.value.end : reading.text.sentence(role.value.start)[1]]
    if _REST_UNKNOWN.match(after):
        return "changed by what follows, so not yet a budget"
    if _HOPED.search(before) or _PENDING.search(low, *reading.text.sentence(role.value.start)):
        return "only hoped for, not yet a budget"
    if _RATE_AFTER.match(low, role.value.end) or _RATE_BEFORE.search(before):
        return "an amount by the period, not a budget"
    if _PERHAPS.search(before):
        return "only a possibility, not yet a budget"
    if only_advised(reading.text, role.value.start, reading.mentions):
        return "what somebody advises, not yet a budget"
    return (
        "told from below, so not the most that may be spent"
        if (
            role.direction is Direction.LEAST
            and _OR_MORE.search(before)
            and not _NEGATED.search(before)
        )
        else None
    )


_OR_CURRENCY = re.compile(
    r"\s*(?:or|/)\s*(?:dollars?|euros?|pounds?|francs?|usd|eur|gbp|chf|cad|aud|[$\u20ac\u00a3])(?![a-z\d])"
)
#: `$90k minus 10%`, `$50k plus whatever is left`.
_REST_UNKNOWN = re.compile(
    r"\s*,?\s*(?:(?:minus|less)\s+(?!than\b)(?:\d|whatever|what|some|something|any|a\b|an\b|the\b)"
    r"|(?:plus|and)\s+(?:whatever|what|something|anything)\b|plus\s+\d[\d.]*\s?(?:%|percent)(?=\s*(?:[.,;!]|$)))"
)
_HOPED = re.compile(
    r"\b(?:hop(?:e|es|ed|ing) (?:for|to (?:get|have|receive|secure))|wish(?:es)? (?:we|i) had|dream\w* of|if (?:we|i|they) (?:get|got|had|receive)|expect\w* to (?:get|have|receive)|"
    r"waiting for|probably|presumably|possibly|hopefully|likely|tentatively|potentially|conceivably)\s+(?:about\s+|around\s+|roughly\s+|the\s+|a\s+|some\s+)*$"
)
_PENDING = re.compile(
    r"\b(?:still\s+(?:being\s+)?(?:negotiat|discuss|debat|argu|haggl|under (?:discussion|review))\w*|up in the air|nobody knows yet|"
    r"not (?:yet )?(?:been )?(?:decided|agreed|fixed|settled)(?: yet)?|undecided|to be (?:decided|determined|negotiated)|tbd)\b"
)
#: `it could be 30, it could be 50 thousand`: nobody knows yet.
_PERHAPS = re.compile(
    r"\b(?:(?:could|might|may)\s+(?:well |also |even )?be|(?:could|might|would)\s+(?:well |also |even |still )?(?:get|have|receive|need|require|cost|take|amount to|come to))\s+"
    r"(?:about |around |roughly )?$"
    r"|\b(?:if|in case|provided|assuming|as soon as|once|unless|should)\s+(?:that\s+)?(?:we|they|i|he|she|it|the \w+|our \w+)\s+(?:wins?|gets?|lands?|closes?|approves?|signs?|agrees?|passes|"
    r"succeeds?|convinces?|manages?|raises?|secures?|says? yes|gives? (?:the|its|their) (?:ok|go)|releases?|comes? through)\b[^.;]*$"
)
_LATER = re.compile(
    r"[^.;\d$\u20ac\u00a3]{0,30}[$\u20ac\u00a3]?\s?[\d.,]+\s?(?:k|m|thousand|million)?\s*(?:usd|eur|dollars|euros)?\s+(?:later|afterwards|next (?:month|quarter|year)|after that|on top|thereafter|in (?:spring|summer|autumn|fall|winter))\b"
)
_NEGATED = re.compile(r"\b(?:not|n't|no|never|cannot|don't|can't|won't|nothing)\b")
_EXTRA = re.compile(
    r"\b(?:another|additional|extra|on top(?: of that)?,?(?: another)?|plus an?(?: additional| extra)|an added)\s+(?:about\s+|usd\s+)?$"
)


_FROM = re.compile(r"\s+(?:paid |given |contributed |added )?(?:from|by)\s+(?:the\s+)?")


def _on_top(reading: Reading, role: Role) -> bool:
    """`$80k plus another $20k for tests`: part of the budget, or beside it?"""
    money = role.value.kind is Kind.MONEY and role.purpose in {Purpose.LIMIT, Purpose.EXPERIMENT}
    low = reading.text.low
    if (
        money
        and role.anchor is not None
        and _FROM.fullmatch(low[role.value.end : role.anchor.start])
    ):
        return role.anchor.scope is Scope.RETAILER  # `$62k from us and $20k from alpha`
    return money and _EXTRA.search(low[: role.value.start]) is not None


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
    capped = [r for r in found if purpose is Purpose.ROAS and _is_cap(r, reading)]
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


def _is_cap(role: Role, reading: Reading) -> bool:
    left = reading.text.sentence(role.value.start)[0]
    # `If the ROAS is under 3 I get shouted at`: what must not be.
    if _WERE.search(reading.text.low, left, role.value.start):
        return False
    return role.direction is Direction.MOST and role.value.kind is not Kind.MULTIPLE


# -- the rest ---------------------------------------------------------------------------------


def _not_understood(reading: Reading, draft: Draft) -> None:
    for role in reading.roles:
        if role.purpose is Purpose.BACKGROUND:
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
