"""Limits of a request: which number bounds which name, and what is left out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from rmnctl.agents.briefs.anchors import Anchor
from rmnctl.agents.briefs.direction import Direction
from rmnctl.agents.briefs.draft import Draft, check_range, contradiction, number, of, words_of
from rmnctl.agents.briefs.exclusions import only
from rmnctl.agents.briefs.kinds import Kind
from rmnctl.agents.briefs.mentions import Mention, Scope
from rmnctl.agents.briefs.problems import Code, Unplannable
from rmnctl.agents.briefs.reading import Reading
from rmnctl.agents.briefs.roles import Purpose, Role
from rmnctl.agents.briefs.text import has
from rmnctl.agents.briefs.vocabulary import Vocabulary

SCOPES = (Scope.RETAILER, Scope.PLACEMENT, Scope.SKU)


def order(item: tuple[tuple[Scope, str], Any]) -> tuple[int, str]:
    """Retailers first, then placements, then products, each by id."""
    return SCOPES.index(item[0][0]), item[0][1]


Limits = dict[tuple[Scope, str], dict[str, float | int]]


def limits_of(reading: Reading, vocabulary: Vocabulary, draft: Draft) -> Limits:
    """Bounds by scope and id.

    Raises:
        Unplannable: A share out of range, an unknown product, or two bounds that differ.
    """
    made: Limits = {}
    for role in of(reading, Purpose.LIMIT):
        if role.anchor is None:
            continue
        if len(role.anchor.mentions) > 1 and _joint(reading, role):
            words = words_of(reading, role)
            draft.assumptions.append(f'not understood: "{words}" (limits are for one name each).')
            continue
        kind = "spend" if role.value.kind is Kind.MONEY else "share"
        check_range(reading, role, role.value.high or role.value.low, share=kind == "share")
        keys = _keys(reading, role.anchor, vocabulary, draft)
        for key in _own(reading, role, keys):
            for bound, value in _bounds(role):
                _put(made, key, f"{bound}_{kind}", number(value))
            draft.used.append((f"limits.{key[0].value}.{key[1]}", words_of(reading, role)))
    for anchor in reading.places:
        if names_in(anchor) > 1 and not _limited(reading, anchor) and _shared(reading, anchor):
            keys = _keys(reading, anchor, vocabulary, draft)
            made |= {k: {"min_share": 1 / len(keys), "max_share": 1 / len(keys)} for k in keys}
    for anchor in reading.excluded:
        if anchor.scope is not Scope.RETAILER:
            _leave_out(reading, anchor, vocabulary, draft, made)
    _leave_others(reading, vocabulary, draft, made)
    return made


def _leave_others(reading: Reading, vocabulary: Vocabulary, draft: Draft, made: Limits) -> None:
    """`only sponsored products`: nothing on the other placements of the market."""
    alone = [
        a for a in reading.places
        if a.scope is Scope.PLACEMENT and a not in reading.excluded and not _limited(reading, a)
        and only(reading.text, a)
    ]  # fmt: skip
    wanted = {i for a in alone for m in a.mentions for i in m.ids}
    wanted |= {
        i for (kind, i), bounds in made.items() if kind is Scope.PLACEMENT and any(bounds.values())
    }
    for name in vocabulary.sold if alone else ():
        if name not in wanted:
            made[Scope.PLACEMENT, name] = {"max_share": 0}
    for anchor in alone:
        draft.used.append(("limits.placement", reading.text.quote(anchor.start, anchor.end)))


def _leave_out(
    reading: Reading, anchor: Anchor, vocabulary: Vocabulary, draft: Draft, made: Limits
) -> None:
    """Nothing on a placement or product is a largest share of 0."""
    said = reading.text.low[anchor.start : anchor.end]
    whole = next((f.names for f in vocabulary.families if f.id == said), ())
    keys = [(Scope.PLACEMENT, i) for i in whole]
    keys = keys or _keys(reading, anchor, vocabulary, draft, kinds=True)
    words = reading.text.quote(*reading.text.clause(anchor.start, anchor.end))
    for key in keys:
        bounds = made.setdefault(key, {})
        if any(bounds.get(k) for k in ("min_share", "min_spend")):
            raise contradiction(f"{key[1]} is to get nothing and at least something")
        bounds.clear()
        bounds["max_share"] = 0
        draft.used.append((f"limits.{key[0].value}.{key[1]}", words))


def _joint(reading: Reading, role: Role) -> bool:
    """`at most 20% on video and CTV together`, which no request can say."""
    anchor = role.anchor
    if anchor is None:
        return False
    start = min(role.value.start, anchor.start)
    end = max(role.value.end, anchor.end)
    return has("joint", reading.text, start, min(end + 22, reading.text.sentence(start)[1]))


def names_in(anchor: Anchor) -> int:
    """How many names an anchor stands for."""
    return len({i for m in anchor.mentions for i in m.ids})


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
    reading: Reading,
    anchor: Anchor,
    vocabulary: Vocabulary,
    draft: Draft,
    *,
    kinds: bool = False,
) -> list[tuple[Scope, str]]:
    """What names stand for.

    Args:
        reading: Of the brief.
        anchor: The names.
        vocabulary: What is known.
        draft: The request so far; it has the brand.
        kinds: Whether a kind of several products stands for all of them.
    """
    keys = []
    for mention in anchor.mentions:
        words = reading.text.quote(mention.start, mention.end)
        ids = _family(reading, mention, vocabulary) or list(mention.ids)
        if mention.scope is Scope.SKU:
            own = {p.sku_id for p in vocabulary.products if p.brand_id == draft.fields["brand_id"]}
            ids = [i for i in ids if i in own]
        if not ids or (mention.scope is Scope.SKU and len(ids) > 1 and not kinds):
            raise Unplannable(
                Code.UNKNOWN_SKU if mention.scope is Scope.SKU else Code.UNKNOWN_RETAILER,
                f'"{words}" is no single product of {draft.fields["brand_id"]}.'
                if mention.scope is Scope.SKU
                else f'"{words}" is no configured retailer.',
                f"Name one by its id: {', '.join(ids)}." if ids else "Name it by its id.",
            )
        keys += [(mention.scope, identifier) for identifier in ids]
    return keys


_EACH_OF = re.compile(
    r"\b(?:both|neither|either|each|all|the two|two|any)\s+(?:of\s+)?(?:the\s+)?$"
)
_KINDS = re.compile(r"\s+(?:ad\s+)?(?:formats|placements|types|kinds)\b")


def _family(reading: Reading, mention: Mention, vocabulary: Vocabulary) -> list[str]:
    """`neither display format`, `both display placements`: all of a family, not its first."""
    low = reading.text.low
    whole = next(
        (
            f.names
            for f in vocabulary.families
            if low[mention.start : mention.end] in {f.id, f"{f.id}s"}
        ),
        (),
    )
    before = low[max(0, mention.start - 20) : mention.start]
    several = _EACH_OF.search(before) or _KINDS.match(low, mention.end)
    return list(whole) if several else []


def _put(made: Limits, key: tuple[Scope, str], name: str, value: float) -> None:
    bounds = made.setdefault(key, {})
    if name in bounds and bounds[name] != value:
        raise contradiction(f"{name} of {key[1]} is both {bounds[name]:g} and {value:g}")
    bounds[name] = value


def check_sums(limits: Limits, budget: Fraction, retailers: Sequence[str]) -> None:
    """Floors that no plan can keep are a contradiction, found before any solver runs."""
    for scope in SCOPES:
        floors = []
        for (kind, name), bounds in limits.items():
            low = max(bounds.get("min_share", 0), bounds.get("min_spend", 0) / float(budget))
            high = min(bounds.get("max_share", 1), bounds.get("max_spend", budget) / float(budget))
            if low > float(high) + 1e-9 or low > 1:
                raise contradiction(f"{name} is to get at least more than it may get")
            if kind is scope:
                floors.append(low)
                if scope is Scope.RETAILER and retailers and name not in retailers and low > 0:
                    raise contradiction(f"{name} is left out and is to get at least something")
        if sum(floors) > 1 + 1e-9:
            raise contradiction(f"the least shares by {scope.value} add up to more than the budget")
