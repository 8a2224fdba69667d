"""Everything the text of a brief says, before it is put together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rmnctl.agents.briefs.amounts import values
from rmnctl.agents.briefs.anaphora import pronouns
from rmnctl.agents.briefs.anchors import Anchor, Topic, anchors
from rmnctl.agents.briefs.apportioned import apportioned, compared, same_unit
from rmnctl.agents.briefs.binding import Bound, bind
from rmnctl.agents.briefs.corrections import corrected, corrections
from rmnctl.agents.briefs.direction import Direction, Way, directions
from rmnctl.agents.briefs.ellipsis import alike
from rmnctl.agents.briefs.exclusions import excluded
from rmnctl.agents.briefs.faint import faint
from rmnctl.agents.briefs.flight import clocks, flights, markers
from rmnctl.agents.briefs.idioms import without_idioms
from rmnctl.agents.briefs.kinds import Value
from rmnctl.agents.briefs.mentions import Mention, mentions
from rmnctl.agents.briefs.objective import Wish, wishes
from rmnctl.agents.briefs.ratios import as_roles, ratios
from rmnctl.agents.briefs.relevance import set_aside
from rmnctl.agents.briefs.renamed import renamed
from rmnctl.agents.briefs.rest import with_rest, withheld
from rmnctl.agents.briefs.retractions import Retraction, readmitted, retractions, taken_back
from rmnctl.agents.briefs.roles import Purpose, Role, roles
from rmnctl.agents.briefs.settling import with_budget
from rmnctl.agents.briefs.strangers import strangers
from rmnctl.agents.briefs.text import Text, read_text
from rmnctl.agents.briefs.vocabulary import Vocabulary
from rmnctl.agents.briefs.wholes import is_whole
from rmnctl.planning import Objective


@dataclass(frozen=True)
class Reading:
    """What a brief says.

    Attributes:
        text: The brief.
        mentions: Names.
        roles: Numbers, each with a purpose.
        places: What numbers may belong to.
        excluded: Anchors that get nothing.
        wishes: Objectives.
        notes: What a model changed, for people.
        judged: Retailers of which a model says that they are asked for, or only told of.
        goal: What a model says is to be maximised; None: as the wishes have it.
    """

    text: Text
    mentions: tuple[Mention, ...]
    roles: tuple[Role, ...]
    places: tuple[Anchor, ...]
    excluded: tuple[Anchor, ...]
    wishes: tuple[Wish, ...]
    notes: tuple[str, ...] = ()
    judged: tuple[tuple[Anchor, bool], ...] = ()
    goal: Objective | None = None


def read(brief: str, vocabulary: Vocabulary) -> Reading:
    """Find names, numbers, exclusions and wishes."""
    text = without_idioms(read_text(brief))
    named = mentions(text, vocabulary)
    named = sorted([*named, *strangers(text, vocabulary, named)], key=lambda m: m.start)
    named, taken_back = renamed(text, named)
    named = sorted([*named, *pronouns(text, named, vocabulary)], key=lambda m: m.start)
    periods, dates = flights(text)
    dates = dates + clocks(text) + markers(text)
    taken = [(m.start, m.end) for m in named] + dates + [(p.start, p.end) for p in periods]
    found = sorted([*values(text, taken), *_beyond(periods, text)], key=lambda v: v.start)
    places = anchors(text, named)
    found = compared(text, same_unit(text, apportioned(text, found, places), places), places)
    told = [
        r
        for r in ratios(text, places, [r.id for r in vocabulary.retailers])
        if not any(s <= r.start < e for s, e in dates)
    ]
    found = [v for v in found if not any(c.start < v.end and v.start < c.end for c in told)]
    withdrawn = retractions(text)
    understood = _understood(text, found, places, withdrawn, named) + as_roles(told)
    places = [a for a in places if not any(w.start <= a.start < w.end for w in withdrawn)]
    understood = with_rest(text, _kept_off(text, understood), places)
    notes = [f'"{text.quote(m.start, m.end)}" is taken back.' for m in taken_back]
    made = with_roles(text, named, places, found, understood)
    taken = [*dates, *((m.start, m.end) for m in named)]
    taken += [(r.value.start, r.value.end) for r in made.roles]
    return replace(
        made, roles=(*made.roles, *faint(text, taken, values(text, taken))), notes=tuple(notes)
    )


def _understood(
    text: Text,
    found: list[Value],
    places: list[Anchor],
    withdrawn: Sequence[Retraction],
    named: Sequence[Mention],
) -> list[Role]:
    """Numbers with their purposes, once those that the brief corrects stand where they hold."""
    fixed = corrections(text, found, places)
    stand_ins = {id(c.old): c.stand_in for c in fixed}
    new = {id(c.new) for c in fixed} | {
        id(v) for v in found if any(v.start == c.new.start for c in fixed)
    }
    new |= {id(c.again) for c in fixed if c.again is not None}
    holding = [stand_ins.get(id(v), v) for v in found if id(v) not in new]
    whole = [v for v in holding if is_whole(text, v, holding)]
    parts = [v for v in holding if v not in whole]
    bound = bind(text, parts, directions(text, parts), places)
    bound += [Bound(v, Way(Direction.NONE), None) for v in whole]
    said = roles(text, sorted(bound, key=lambda b: b.value.start))
    said = corrected(text, said, fixed)
    said = set_aside(text, taken_back(said, places, withdrawn), named)
    return with_budget(text, said, named)


def _kept_off(text: Text, understood: Sequence[Role]) -> list[Role]:
    """`don't put the $70k into video`: the amount is the budget, no limit of video."""
    return [
        replace(r, purpose=Purpose.BUDGET, anchor=None, direction=Direction.NONE)
        if r.anchor is not None and withheld(text, r.value, r.anchor.start)
        else r
        for r in understood
    ]


def with_roles(
    text: Text,
    named: Sequence[Mention],
    places: Sequence[Anchor],
    found: Sequence[Value],
    understood: Sequence[Role],
) -> Reading:
    """A reading once the purpose of each number is settled."""
    limited = {
        n
        for n, a in enumerate(places)
        if a.topic is Topic.NAMES
        and any(
            r.anchor is not None
            and a.start <= r.anchor.start
            and r.anchor.end <= a.end
            and (
                r.purpose is Purpose.LIMIT
                # `$31k on alpha` wants alpha; `everything but beta: $31k` says nothing for beta.
                or (r.purpose is Purpose.BUDGET and r.value.start < a.start)
            )
            for r in understood
        )
    }
    out = [places[n] for n in excluded(text, list(places), list(found), limited)]
    out = readmitted(text, understood, places, out)
    understood, out = alike(text, understood, places, out)
    spans = [_with_sales(text, r.value) for r in understood if r.purpose is Purpose.ROAS]
    spans += [(m.start, m.end) for m in named]
    spans += [(a.start, a.end) for a in places if a.topic is Topic.ROAS]
    return Reading(
        text,
        tuple(named),
        tuple(understood),
        tuple(places),
        tuple(out),
        tuple(wishes(text, spans)),
    )


def reread(reading: Reading, understood: Sequence[Role], out: Sequence[Anchor]) -> Reading:
    """The same brief with other roles; a name that a number now limits is not left out."""
    limited = {id(r.anchor) for r in understood if r.purpose is Purpose.LIMIT}
    return replace(
        reading,
        roles=tuple(understood),
        excluded=tuple(a for a in out if id(a) not in limited),
    )


_OF_SALES = re.compile(r"\s*(?:of|in)\s+(?:\w+\s+)?(?:sales|revenue|turnover|profit)\b")


def _with_sales(text: Text, value: Value) -> tuple[int, int]:
    """`3 euros of sales for every euro`: these sales are no goal."""
    more = _OF_SALES.match(text.low, value.end)
    return value.start, more.end() if more else value.end


def _beyond(periods: Sequence[Value], text: Text) -> list[Value]:
    """Periods by the calendar that are no amount in disguise."""
    return [p for p in periods if text.low[p.start : p.end].strip()]
