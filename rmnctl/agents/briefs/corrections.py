"""Numbers that a brief corrects: `25%, no wait, make that 20%`, `Sorry, it's $62k.`.

A number that corrects another stands where that one stood: with its name and its direction.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rmnctl.agents.briefs.amounts import days_of
from rmnctl.agents.briefs.anchors import Anchor, Topic
from rmnctl.agents.briefs.decided import gave_way
from rmnctl.agents.briefs.direction import Direction, said_before
from rmnctl.agents.briefs.kinds import Kind, Value
from rmnctl.agents.briefs.roles import Purpose, Role, names_of, purpose_of
from rmnctl.agents.briefs.text import Text, find

_OPENS = re.compile(
    r"(?:^|[.,;:!?\n(\u2026-]|\b(?:and|but|or|well|oh|ok|okay|hm+|um|uh|ah|no))\s*$"
)
_NO = re.compile(
    r"[,.;?!\u2026)-]\s*(?:oh,?\s+|hm+,?\s+|um,?\s+)?(?:no(?!\s+(?:more|less|higher|lower|fewer|single|one|other|greater|bigger|later|longer)\b)|nope|nah)[,.!:\u2026-]*\s+(?:(?:it's|make|that's|call|say|rather|"
    r"better|it|that|let's|at|to|the|is|a|budget|cap|limit|keep|most|least|up|no|more|less|than|max|min|under|over|only|just|exactly)\s+)*$"
)
#: These correct only where a pause follows: `hold on, make it $40k`, `hold onsite display to 8%`.
_APART = {"hold on", "hang on", "update", "edit", "revised", "apologies", "pardon", "excuse me",
          "hm", "hmm", "hmmm"}  # fmt: skip
#: And these only where they open a clause: `we actually have $90k` corrects nothing.
_WEAK = {"sorry", "wait", "actually", "rather", "let's say", "lets say", "or better", "correction",
         "make it", "call it", *(_APART - {"excuse me"})}  # fmt: skip
_PAUSE = re.compile(
    r"(?:\.\.+|[\s,;:!?\u2026-])*(?:(?:no|nope|well|wait|oh|hm+)[\s.,;:!\u2026-]*)*"
)
#: And these only where the number follows at once: `read that as 18%`.
_AS = re.compile(
    r"(?:read|treat|take) (?:that|this|it|those) (?:as|to mean)|(?:that|this|it|was|is|that's|it's)\b.* (?:be|say)"
)
#: A number stands this many words behind its cue at most.
_FAR = 14
_AT_ONCE = re.compile(
    r"\s*(?:(?:an?|the|about|just|only|rather|exactly|at most|at least|up to|no more than|no less than|max(?:imum)?|min(?:imum)?|usd|eur|a cap of|a limit of)\s+)*[\"']?"
)
#: And so many sentence ends behind what it corrects.
_SENTENCES = 3
#: Money below this was a bare number.
_BARE = 1000


@dataclass(frozen=True)
class Correction:
    """One number in place of another.

    Attributes:
        old: What is taken back.
        new: What holds.
        stand_in: The new number where the old one stood, to be bound there.
        again: The old number, said once more to be replaced: `make the six weeks eight`.
    """

    old: Value
    new: Value
    stand_in: Value
    again: Value | None = None


def corrections(text: Text, found: Sequence[Value], places: Sequence[Anchor]) -> list[Correction]:
    """Every number that does nothing but correct one before it."""
    made: list[Correction] = []
    for place, new in enumerate(found[1:], start=1):
        before = found[place - 1]
        said = _said_again(text, found[: place - 1], before, new)
        if said is not None:
            fit = _fitted(text, new, said)
            stand_in = replace(fit, start=said.start, end=said.end)
            made.append(Correction(said, replace(fit, start=new.start), stand_in, before))
            continue
        cue = _cue(text, before.end, new.start)
        paused = before.kind is new.kind and _PAUSE.fullmatch(text.low, before.end, new.start)
        if cue is None and paused and _TO_BE_EXACT.match(text.low, new.end):
            cue = (new.start, new.start)
        if cue is None and new.kind is not Kind.MONEY:
            cue = gave_way(text, before, new)
        if cue is None or _has_own(text, new, cue[1], places):
            continue
        named = any(cue[1] <= a.start < text.clause(new.start, new.end)[1] for a in places)
        old = _old(text, found[:place], new, cue[0], named=named)
        if old is None:
            continue
        fit = _fitted(text, new, old)
        # A correction of a correction stands where the first number stood.
        first = next((c.stand_in for c in made if c.new is old), old)
        made = [c for c in made if c.new is not old]
        stand_in = replace(fit, start=first.start, end=first.end)
        made.append(Correction(old, fit, stand_in))
    return made


#: `make the six weeks eight`, `turn the 20 into 15`, `the 60k should be 64k`.
_CHANGE = re.compile(
    r"\b(?:make|turn|change|switch|move|bump|lower|raise|cut|drop|bring|replace|swap|increase|reduce|adjust|amend|correct|update)\s+"
    r"(?:(?:the|that|those|my|our|this|these)\s+(?:[a-z]+\s+){0,2}?)?$"
)
_INTO = re.compile(r"[\s,]*(?:(?:an?|to|into|be|with|by|for|->|the)\s+)*")
_THAT = re.compile(r"\b(?:the|that|those|my|these)\s+$")
_BECOMES = re.compile(
    r"[\s,]*(?:(?:should|must|needs? to|has to|have to|can|shall)\s+(?:be|read|become|go (?:up |down )?to)|becomes?|(?:is|are) (?:now|to be|to become|to read)|->)\s+"
    r"(?:an?\s+|the\s+)?"
)


#: `hmm, 20 is too much. 15.`
_TOO_MUCH = re.compile(
    r"\s*(?:is|was|sounds|seems|feels|are)\s+(?:a (?:bit|little|touch) )?(?:too \w+|wrong|not right|excessive|not enough)\s*[,.;:!-]*\s*"
    r"(?:so\s+|let's\s+|(?:say|do|take|make (?:it|that))\s+|rather\s+|better\s+|call it\s+|it's\s+|only\s+)*"
)


def _said_again(text: Text, earlier: Sequence[Value], again: Value, new: Value) -> Value | None:
    """The number before that a brief names a second time in order to replace it."""
    left = text.low[text.sentence(again.start)[0] : again.start]
    between = text.low[again.end : new.start]
    changed = _CHANGE.search(left) and _INTO.fullmatch(between)
    wrong = _TOO_MUCH.fullmatch(between)
    if not changed and not wrong and not (_THAT.search(left) and _BECOMES.fullmatch(between)):
        return None
    alike = [v for v in earlier if _is_again(text, v, again) and new.kind in {v.kind, Kind.NUMBER}]
    return alike[-1] if alike else None


def _is_again(text: Text, old: Value, again: Value) -> bool:
    """Whether a number repeats another, with its unit or without."""
    if old.kind is again.kind:
        return old.low == again.low
    return again.kind is Kind.NUMBER and _fitted(text, again, old).low == old.low


def _cue(text: Text, left: int, stop: int) -> tuple[int, int] | None:
    """Where the word of correction stands between two numbers."""
    for hit in reversed(find("correction", text, left, stop)):
        opens = _OPENS.search(text.low[max(0, hit.start() - 12) : hit.start()])
        if hit[0] in _WEAK and not opens:
            continue
        if hit[0] in _APART and not re.match(r"\s*[,.:;!\u2026]|\s-", text.low[hit.end() :]):
            continue
        if _AS.fullmatch(hit[0]) and not _AT_ONCE.fullmatch(text.low, hit.end(), stop):
            continue
        if text.words(hit.end(), stop) <= _FAR and not re.match(r"\s+than\b", text.low[hit.end() :]):  # fmt: skip
            return hit.span()
    if match := _NO.search(text.low, left, stop):
        return match.span()
    return None


#: `$58k... well, $57,500 to be precise`: the word of correction stands last.
_TO_BE_EXACT = re.compile(r",?\s*(?:to be (?:precise|exact|accurate)|actually|rather|in fact)\b")


def _has_own(text: Text, new: Value, cue_end: int, places: Sequence[Anchor]) -> bool:
    """Whether the new number says itself what it is for."""
    left, right = text.clause(new.start, new.end)
    left = max(min(left, new.start), cue_end)
    inside = [a for a in places if left <= a.start < right or cue_end <= a.start < new.start]
    return any(a.topic is not Topic.BUDGET or new.kind is not Kind.MONEY for a in inside)


#: `10 weeks would be too long. Make it 5.`
_BLAMED = re.compile(
    r"\s+(?:on \w+\s+|for \w+\s+|at \w+\s+)?(?:would be|is|was|seems?|sounds?|are|were|feels?|looks?)\s+(?:a (?:bit|little|touch) |way |far |much )?(?:too \w+|wrong|excessive|not enough)\b"
)


def _old(text: Text, before: Sequence[Value], new: Value, cue: int, *, named: bool) -> Value | None:
    """The last number before that the new one can stand for."""
    last = before[-1]
    blamed = [
        v for v in before if new.kind in {v.kind, Kind.NUMBER} and _BLAMED.match(text.low, v.end)
    ]
    if blamed and text.crossings(blamed[-1].end, new.start)[0] <= _SENTENCES:
        return blamed[-1]
    paused = _PAUSE.fullmatch(text.low, last.end, cue) and not named
    if last.kind is new.kind or new.kind is Kind.NUMBER or paused:
        return last
    alike = [v for v in before if v.kind is new.kind]
    close = alike and text.crossings(alike[-1].end, new.start)[0] <= _SENTENCES
    return alike[-1] if close else None


def _fitted(text: Text, new: Value, old: Value) -> Value:
    """`25%, no, 20`: a bare number takes the unit of the one it corrects."""
    if new.kind is not Kind.NUMBER or old.kind is new.kind:
        return new if new.currency or new.kind is not Kind.MONEY else replace(new, currency=old.currency)  # fmt: skip
    if old.kind is Kind.SHARE:
        return replace(new, kind=Kind.SHARE, low=new.low / 100 if new.low >= 1 else new.low)
    low = new.low * days_of(text.low[old.start : old.end]) if old.kind is Kind.DAYS else new.low
    return replace(new, kind=old.kind, low=low, currency=old.currency)


def corrected(text: Text, found: Sequence[Role], made: Sequence[Correction]) -> list[Role]:
    """The roles with each new number in the place of the old, which is told as background.

    Money that a bare number far below it corrects (`$200,000, no, 250`) stays beside it: two
    budgets are a problem to name, not a choice.
    """
    roles: list[Role] = []
    for role in _restated(text, found, made):
        correction = next((c for c in made if c.stand_in is role.value), None)
        if correction is None:
            roles.append(role)
            continue
        old, new = correction.old, correction.new
        if correction.again is not None:
            roles.append(replace(role, value=new))
            roles.append(replace(role, value=old, purpose=Purpose.BACKGROUND))
            continue
        way = said_before(text, old.end, new.start)
        purpose = role.purpose
        if purpose is Purpose.BACKGROUND and role.anchor is not None:
            # `the 25% of last year was too much, make it 10%`: only the old number is history.
            purpose = purpose_of(new.kind, role.anchor.topic)
        roles.append(replace(role, value=new, purpose=purpose, direction=way or role.direction))
        unclear = old.kind is Kind.MONEY and new.currency == old.currency and new.low * 20 < old.low
        purpose = role.purpose if unclear and new.low < _BARE else Purpose.BACKGROUND
        roles.append(replace(role, value=old, purpose=purpose))
    return sorted(roles, key=lambda r: r.value.start)


def _restated(text: Text, roles: Sequence[Role], fixed: Sequence[Correction]) -> list[Role]:
    """`Video at most 20%. ... Actually, cap video at 10%`: the later of the same kind holds."""
    made = list(roles)
    for new in roles:
        start, _ = text.sentence(new.value.start)
        every = [*(r.value for r in roles), *(c.new for c in fixed)]
        ends = [v.end for v in every if start <= v.end <= new.value.start]
        cue = _cue(text, max([start, *ends]), new.value.start)
        if cue is None or new.purpose in {Purpose.BACKGROUND, Purpose.UNKNOWN}:
            continue
        replaced = [o for o in made if o.value.end <= cue[0] and o is not new and _same(o, new)]
        for old in replaced:
            made[made.index(old)] = replace(old, purpose=Purpose.BACKGROUND)
        if replaced and new.direction is Direction.NONE and new in made:
            # `alpha no more than half. On second thought, make that 60 percent for alpha.`
            made[made.index(new)] = replace(new, direction=replaced[-1].direction)
    return made


def _same(old: Role, new: Role) -> bool:
    """Whether both say the same thing of the same names."""
    opposite = {old.direction, new.direction} == {Direction.LEAST, Direction.MOST}
    return old.purpose is new.purpose and names_of(old) == names_of(new) and not opposite
