"""A reading put together as a request, or the problem that stands in the way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from pydantic import ValidationError

from rmnctl.agents.briefs.amounts import Kind
from rmnctl.agents.briefs.anchors import Anchor, Topic
from rmnctl.agents.briefs.direction import Direction
from rmnctl.agents.briefs.mentions import Scope
from rmnctl.agents.briefs.names import retailers_of, the_brand
from rmnctl.agents.briefs.objective import settle
from rmnctl.agents.briefs.problems import Code, Unplannable
from rmnctl.agents.briefs.reading import Reading
from rmnctl.agents.briefs.roles import Purpose, Role
from rmnctl.agents.briefs.text import has
from rmnctl.agents.briefs.vocabulary import Vocabulary
from rmnctl.agents.briefs.wholes import lone_currency
from rmnctl.planning import PlanRequest


@dataclass
class Draft:
    """A request under construction.

    Attributes:
        fields: Of the request.
        used: Field to the words it was read from.
        assumptions: What was not said, or read in one of several ways.
    """

    fields: dict[str, Any] = field(default_factory=dict)
    used: list[tuple[str, str]] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)


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
    limits = _limits(reading, vocabulary, draft)
    draft.fields["retailers"], gone = retailers_of(reading, vocabulary, draft.used)
    for retailer in gone:
        least = limits.pop((Scope.RETAILER, retailer), {})
        if any(least.get(k) for k in ("min_share", "min_spend")):
            raise _contradiction(f"{retailer} is to get nothing and at least something")
    _check_sums(limits, budget, draft.fields["retailers"])
    draft.fields["limits"] = [
        {"scope": scope.value, "id": name, **bounds}
        for (scope, name), bounds in sorted(limits.items(), key=_order)
        if bounds
    ]
    _not_understood(reading, draft)
    draft.assumptions += reading.notes
    _defaults(draft)
    return _request(draft), draft


_SCOPES = (Scope.RETAILER, Scope.PLACEMENT, Scope.SKU)


def _order(item: tuple[tuple[Scope, str], Any]) -> tuple[int, str]:
    return _SCOPES.index(item[0][0]), item[0][1]


def _contradiction(what: str) -> Unplannable:
    return Unplannable(
        Code.CONTRADICTION,
        f"The brief contradicts itself: {what}.",
        "Say it once, as it should be.",
    )


def _number(value: Fraction) -> float | int:
    return int(value) if value.denominator == 1 else float(value)


def _words(reading: Reading, role: Role) -> str:
    """A number with some words around it, for people to check."""
    start, end = role.value.start, role.value.end
    left, right = reading.text.clause(start, end)
    if right - left > 90:
        left, right = max(left, start - 40), min(right, end + 40)
    return reading.text.quote(left, right).strip(" ,;:-")


def _of(reading: Reading, *purposes: Purpose) -> list[Role]:
    return [r for r in reading.roles if r.purpose in purposes]


# -- money ------------------------------------------------------------------------------------


def _budget(reading: Reading, draft: Draft) -> Fraction:
    found = _of(reading, Purpose.BUDGET)
    for role in found:
        rate = reading.text.low[role.value.end : role.value.end + 12]
        if rate.lstrip().startswith(("per week", "per day", "per month", "a week", "a day", "a month", "weekly", "/week", "/day", "/month", "each week", "every week", "daily", "monthly", "each month", "every month")):  # fmt: skip
            raise Unplannable(
                Code.UNCLEAR_MONEY,
                f'"{_words(reading, role)}" is an amount by the period, not a budget.',
                "Give the whole budget for the whole plan.",
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
    draft.fields["budget"] = _number(amounts[0])
    draft.used.append(("budget", _words(reading, found[0])))
    _currency(reading, draft)
    return amounts[0]


def _several(reading: Reading, found: Sequence[Role]) -> Unplannable:
    strong = [r for r in found if r.anchor is not None and r.anchor.topic is Topic.BUDGET]
    said = "; ".join(f'"{_words(reading, r)}"' for r in found)
    if len({r.value.low for r in strong}) > 1 or any(r.value.high is not None for r in found):
        return Unplannable(
            Code.TWO_BUDGETS,
            f"The brief gives more than one budget: {said}.",
            "Give one amount; mark others as what they are.",
        )
    return Unplannable(
        Code.UNCLEAR_MONEY if strong else Code.TWO_BUDGETS,
        f"It is not clear which of these amounts is the budget, or what the others are: {said}.",
        "Say of each amount what it is for, or leave it out.",
    )


def _currency(reading: Reading, draft: Draft) -> None:
    money = [
        r for r in reading.roles
        if r.value.currency and r.purpose not in {Purpose.BACKGROUND, Purpose.UNKNOWN}
    ]  # fmt: skip
    codes = {r.value.currency for r in money}
    if len(codes) > 1:
        raise Unplannable(
            Code.MIXED_CURRENCY,
            f"The brief mixes currencies: {', '.join(sorted(c for c in codes if c))}.",
            "Give all amounts in the currency of the budget.",
        )
    draft.fields["currency"] = next(iter(codes)) if codes else lone_currency(reading.text)


# -- single fields ----------------------------------------------------------------------------


def _objective(reading: Reading, draft: Draft) -> None:
    objective, mentions, torn = settle(reading.text, reading.wishes)
    if torn:
        words = " and ".join(
            f'"{reading.text.quote(w.start, w.end)}"' for w in (mentions or reading.wishes)
        )
        raise _contradiction(f"more than one objective ({words})")
    if objective is not None:
        draft.fields["objective"] = objective.value
        start, end = mentions[0].start, mentions[0].end
        draft.used.append(("objective", reading.text.quote(start, end)))


def _horizon(reading: Reading, draft: Draft) -> None:
    found = _of(reading, Purpose.HORIZON)
    plain = [r for r in found if not r.value.vague] or found
    days = {r.value.low for r in plain}
    if not days:
        return
    if len(days) > 1:
        said = "; ".join(f'"{reading.text.quote(r.value.start, r.value.end)}"' for r in plain)
        raise _contradiction(f"more than one duration ({said})")
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
    found = _of(reading, purpose)
    values: dict[Fraction, Role] = {}
    capped = [r for r in found if purpose is Purpose.ROAS and _is_cap(r)]
    if capped and any(r.value.low > capped[0].value.low for r in found):
        raise _contradiction("the return is to be at least more than it may be")
    for role in found:
        value = role.value.low
        if role in capped:
            draft.assumptions.append(f'not understood: "{_words(reading, role)}".')
            continue
        if purpose is Purpose.CELLS and role.direction is Direction.LEAST:
            draft.assumptions.append(
                f'not understood: "{_words(reading, role)}" (there is no least number of cells).'
            )
            continue
        if purpose is Purpose.EXPERIMENT and role.value.kind is Kind.MONEY and budget:
            value /= budget
            draft.assumptions.append(
                f'experiment_share: "{_words(reading, role)}" of the budget is {float(value):.4g}.'
            )
        values.setdefault(value, role)
    if len(values) > 1:
        said = "; ".join(f'"{_words(reading, r)}"' for r in values.values())
        raise _contradiction(f"{name} is said more than once ({said})")
    for value, role in values.items():
        _in_range(reading, role, value, share=purpose is Purpose.EXPERIMENT)
        draft.fields[name] = _number(value)
        draft.used.append((name, _words(reading, role)))


def _is_cap(role: Role) -> bool:
    return role.direction is Direction.MOST and role.value.kind is not Kind.MULTIPLE


def _in_range(reading: Reading, role: Role, value: Fraction, *, share: bool) -> None:
    if value < 0 or (share and value > 1):
        raise Unplannable(
            Code.BAD_SHARE,
            f'"{_words(reading, role)}": a share lies between 0 and 100 %.',
            "Correct the number.",
        )


# -- limits -----------------------------------------------------------------------------------

_Limits = dict[tuple[Scope, str], dict[str, float | int]]


def _limits(reading: Reading, vocabulary: Vocabulary, draft: Draft) -> _Limits:
    made: _Limits = {}
    for role in _of(reading, Purpose.LIMIT):
        if role.anchor is None:
            continue
        kind = "spend" if role.value.kind is Kind.MONEY else "share"
        _in_range(reading, role, role.value.high or role.value.low, share=kind == "share")
        keys = _keys(reading, role.anchor, vocabulary, draft)
        for key in _own(reading, role, keys):
            for bound, value in _bounds(role):
                _put(made, key, f"{bound}_{kind}", _number(value))
            draft.used.append((f"limits.{key[0].value}.{key[1]}", _words(reading, role)))
    for anchor in reading.places:
        if len(anchor.mentions) > 1 and not _limited(reading, anchor) and _shared(reading, anchor):
            keys = _keys(reading, anchor, vocabulary, draft)
            for key in keys:
                made[key] = {"min_share": 1 / len(keys), "max_share": 1 / len(keys)}
    for anchor in reading.excluded:
        if anchor.scope is Scope.RETAILER:
            continue
        keys = _keys(reading, anchor, vocabulary, draft)
        said = reading.text.low[anchor.start : anchor.end]
        whole = next((f.names for f in vocabulary.families if f.id == said), ())
        for key in keys if not whole else [(Scope.PLACEMENT, i) for i in whole]:
            bounds = made.setdefault(key, {})
            if any(bounds.get(k) for k in ("min_share", "min_spend")):
                raise _contradiction(f"{key[1]} is to get nothing and at least something")
            bounds.clear()
            bounds["max_share"] = 0
            words = reading.text.quote(*reading.text.clause(anchor.start, anchor.end))
            draft.used.append((f"limits.{key[0].value}.{key[1]}", words))
    return made


def _limited(reading: Reading, anchor: Anchor) -> bool:
    return any(r.anchor is anchor and r.purpose is Purpose.LIMIT for r in reading.roles)


def _shared(reading: Reading, anchor: Anchor) -> bool:
    """`split evenly between alpha and beta`."""
    return has("evenly", reading.text, *reading.text.sentence(anchor.start))


def _own(reading: Reading, role: Role, keys: list[tuple[Scope, str]]) -> list[tuple[Scope, str]]:
    """`60% and 40% on alpha and beta`: as many numbers as names go one to each."""
    alike = [
        r for r in reading.roles
        if r.anchor is role.anchor and r.purpose is Purpose.LIMIT
        and (r.direction, r.value.kind) == (role.direction, role.value.kind)
    ]  # fmt: skip
    return [keys[alike.index(role)]] if len(alike) == len(keys) > 1 else keys


def _bounds(role: Role) -> Iterable[tuple[str, Fraction]]:
    low, high = role.value.low, role.value.high
    if high is not None:
        return (("min", low), ("max", high))
    if role.direction is Direction.LEAST:
        return (("min", low),)
    if role.direction is Direction.MOST or low == 0:
        return (("max", low),)
    return (("min", low), ("max", low))


def _keys(
    reading: Reading, anchor: Anchor, vocabulary: Vocabulary, draft: Draft
) -> list[tuple[Scope, str]]:
    keys = []
    for mention in anchor.mentions:
        words = reading.text.quote(mention.start, mention.end)
        ids = list(mention.ids)
        if mention.scope is Scope.SKU:
            own = {p.sku_id for p in vocabulary.products if p.brand_id == draft.fields["brand_id"]}
            ids = [i for i in ids if i in own]
        if not ids or (mention.scope is Scope.SKU and len(ids) > 1):
            raise Unplannable(
                Code.UNKNOWN_SKU if mention.scope is Scope.SKU else Code.UNKNOWN_RETAILER,
                f'"{words}" is no single product of {draft.fields["brand_id"]}.'
                if mention.scope is Scope.SKU
                else f'"{words}" is no configured retailer.',
                "Name it by its id.",
            )
        keys += [(mention.scope, identifier) for identifier in ids]
    return keys


def _put(made: _Limits, key: tuple[Scope, str], name: str, value: float) -> None:
    bounds = made.setdefault(key, {})
    if name in bounds and bounds[name] != value:
        raise _contradiction(f"{name} of {key[1]} is both {bounds[name]:g} and {value:g}")
    bounds[name] = value


def _check_sums(limits: _Limits, budget: Fraction, retailers: Sequence[str]) -> None:
    """Floors that no plan can keep are a contradiction, found before any solver runs."""
    for scope in _SCOPES:
        floors = []
        for (of, name), bounds in limits.items():
            low = max(bounds.get("min_share", 0), bounds.get("min_spend", 0) / float(budget))
            high = min(bounds.get("max_share", 1), bounds.get("max_spend", budget) / float(budget))
            if low > float(high) + 1e-9 or low > 1:
                raise _contradiction(f"{name} is to get at least more than it may get")
            if of is scope:
                floors.append(low)
                if scope is Scope.RETAILER and retailers and name not in retailers and low > 0:
                    raise _contradiction(f"{name} is left out and is to get at least something")
        if sum(floors) > 1 + 1e-9:
            raise _contradiction(
                f"the least shares by {scope.value} add up to more than the budget"
            )


# -- the rest ---------------------------------------------------------------------------------


def _not_understood(reading: Reading, draft: Draft) -> None:
    for role in reading.roles:
        if role.purpose is Purpose.BACKGROUND and role.value.kind in {Kind.MONEY, Kind.SHARE}:
            draft.assumptions.append(f'taken as background: "{_words(reading, role)}".')
        if role.purpose is Purpose.UNKNOWN and role.value.kind is Kind.SHARE:
            draft.assumptions.append(f'not understood: "{_words(reading, role)}".')
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
        raise _contradiction(
            "; ".join(str(e["msg"]).removeprefix("Value error, ") for e in error.errors())
        ) from error
