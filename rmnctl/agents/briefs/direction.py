"""Which way a number limits: at least, at most, exactly, or not said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from rmnctl.agents.briefs.kinds import Value
from rmnctl.agents.briefs.outcomes import JUST, ORDER, allowed, obliged, or_else, punished, verdict
from rmnctl.agents.briefs.text import Text, find, pattern


class Direction(StrEnum):
    """How a number bounds."""

    LEAST = "min"
    MOST = "max"
    EXACT = "exact"
    NONE = "none"


@dataclass(frozen=True)
class Way:
    """A direction and what says so.

    Attributes:
        direction: Which way.
        own: Said beside this number, not taken over from one before it in a list.
        words: Where the words stand, if any.
        negated: A negation turned them round: `not below`.
    """

    direction: Direction
    own: bool = True
    words: tuple[int, int] | None = None
    negated: bool = False


_FLIP = {Direction.LEAST: Direction.MOST, Direction.MOST: Direction.LEAST}
_LIST = re.compile(r"(?:^|[\s,;])(?:and|or|nor|&|plus)\b|,|;|/|\n|\+|^\s*-")
_FRESH = re.compile(
    r"\b(?:must|should|shall|can|could|may|will|would|needs?|has to|have to|gets?|takes?|goes?)\b"
)


def directions(text: Text, found: list[Value]) -> list[Way]:
    """The direction of each value, in order."""
    ways: list[Way] = []
    for place, value in enumerate(found):
        before = found[place - 1] if place else None
        after = found[place + 1] if place + 1 < len(found) else None
        if value.high is not None:
            ways.append(Way(Direction.EXACT))
            continue
        ways.append(_way(text, value, before, after, ways[-1] if ways else None))
    for place in range(len(found) - 2, -1, -1):
        first, second = found[place], found[place + 1]
        if ways[place].direction is Direction.NONE and _respectively(text, first, second):
            ways[place] = ways[place + 1]
    for place in range(1, len(found)):
        first, second = found[place - 1], found[place]
        if ways[place].direction is Direction.NONE and _from_to(text, first, second):
            ways[place] = ways[place - 1]
    for place in range(len(found) - 1):
        trailing = _run_on(text, found[place], found[place + 1], ways[place : place + 2], found)
        if trailing is not None:
            ways[place : place + 2] = [ways[place + 1], trailing]
    return ways


def _from_to(text: Text, first: Value, second: Value) -> bool:
    """`change beta's cap from 40 to 35 percent`: what the first was, the second is."""
    led = re.search(r"\bfrom\s+(?:about\s+)?$", text.low[: first.start])
    return (
        bool(led)
        and re.fullmatch(
            r"\s*(?:%|percent)?\s*(?:down\s+|up\s+|back\s+)?to\s+",
            text.low[first.end : second.start],
        )
        is not None
    )


def _run_on(
    text: Text, first: Value, second: Value, ways: list[Way], found: list[Value]
) -> Way | None:
    """`20 percent on search at least 10 percent on audio at most`: spoken, each comparison trails."""
    words = ways[1].words
    if ways[0].direction is not Direction.NONE or words is None or first.kind is not second.kind:
        return None
    between = text.low[first.end : words[0]]
    if not (first.end <= words[0] and words[1] <= second.start) or re.search(
        r"[,;.:]|\band\b", between
    ):
        return None
    after = [v.start for v in found if v.start >= second.end]
    right = min([text.sentence(second.start)[1], *after])
    return _closing(text, second.end, right) or _right(text, second.end, right)


def _respectively(text: Text, first: Value, second: Value) -> bool:
    """`10% and 15% respectively, at most`: what is said of the last holds for all."""
    alike = first.kind is second.kind and _ADJACENT.fullmatch(text.low, first.end, second.start)
    return bool(alike) and "respectively" in text.low[second.end : text.sentence(second.end)[1]]


def _way(
    text: Text, value: Value, before: Value | None, after: Value | None, last: Way | None
) -> Way:
    start, end = text.sentence(value.start)
    left = max(start, before.end if before else 0)
    if last is not None and last.words is not None and before is not None and last.words[0] >= left:
        left = min(last.words[1], value.start)  # what the number before has said is used up
    right = min(end, after.start if after else end)
    beside = _beside(text, value, right)
    if beside is not None:
        return beside
    said = _left(text, left, value.start)
    if said is not None:
        carried = _carried(text, said, before, value, last)
        return carried or said
    said = _needed_way(text, value, left, end) or _right(text, value.end, right)
    if said is not None:
        return said
    if before is not None and last is not None and _goes_on(text, before, value, last):
        return Way(last.direction, own=False, words=last.words)
    return _header(text, start) or Way(Direction.NONE)


_OWN_VERB = re.compile(
    r"\b(?:give|put|gets?|goes|go|takes?|is|are|must|should|receives?|has|have|spend|allocate|reserve|keep|set|hold|makes?|"
    r"deserves?|needs?|assign|want)\b|="
)
_GOES = re.compile(
    r"\s*(?:of (?:it|that|the \w+|them) )?(?:goes|should go|must go|is to go|will go|has to go|gets)\b"
)


_ONTO_NAME = re.compile(r"\s*(?:of (?:it|that|the \w+) )?(?:on|to|for|at|in|into|with)\b")
_ADJACENT = re.compile(r"[\s,/&+]*(?:(?:and|or|nor)[\s,]*)?")
_KEY = re.compile(r":\s*$")
_HEADED = re.compile(r"\W*\w+s?:")


def _needed_way(text: Text, value: Value, left: int, end: int) -> Way | None:
    """`20 % on video, no more, no less`; `alpha needs 30 % or it won't work`."""
    if just := JUST.match(text.low, value.end, end):
        return Way(Direction.EXACT, words=just.span())
    called = verdict(text, value.end)
    if called is not None:
        way = Direction.MOST if called["most"] else Direction.LEAST
        return Way(way, words=called.span())
    otherwise = or_else(text, left, value.start, value.end, end)
    return Way(Direction.LEAST, words=otherwise) if otherwise else None


def _goes_on(text: Text, before: Value, value: Value, last: Way) -> bool:
    """`at most 8% on search, 5% on video`: a comparison before the first reaches the second too."""
    start = text.sentence(value.start)[0]
    here = before.start >= start and before.kind is value.kind and bool(value.low)
    led = last.words is not None and last.words[0] < before.start
    between = text.low[before.end : value.start]
    if not here or not led or not _LIST.search(between) or last.direction is Direction.NONE:
        return False
    # Only lists go on: both numbers before their names, or both behind.
    parallel = _number_first(text, before) == _number_first(text, value)
    each = "respectively" in text.low[value.end : text.sentence(value.start)[1]]
    adjacent = _ADJACENT.fullmatch(between) and (each or between.strip() != ",")
    if not parallel and not adjacent:
        return False
    keyed = _KEY.search(between) and not _HEADED.match(text.low, start)
    own = keyed or _OWN_VERB.search(between) or _GOES.match(text.low, value.end)
    return not own and not any(
        hit[0] not in {"nor", "neither", "minus"}
        for hit in find("exclude_before", text, before.end, value.start)
    )


def _number_first(text: Text, value: Value) -> bool:
    """`5% on video`, as against `video 5%`."""
    return _ONTO_NAME.match(text.low, value.end) is not None


_CLAUSE_ENDS = re.compile(r"\s*(?:[.,;:!?)\n]|$|(?:and|but|for|please)\b)")


_SENTENCE_ENDS = re.compile(r"\s*(?:[.,;:!?)\n]|$|(?:and|but|please)\b)")


def _beside(text: Text, value: Value, right: int) -> Way | None:
    """`60% max`, `30% or more`, right behind the number."""
    gap = re.compile(
        r"[\s,(:-]*(?:(?:of|from) (?:the |our |its |total |overall |whole )*"
        r"(?:budget|it|spend|money|total|pot|funds)\s+)?(?:as (?:a|an|the) )?(?:hard |absolute |strict )?"
    )
    match = gap.match(text.low, value.end, right)
    place = match.end() if match else value.end
    for group, direction in (("right_least", Direction.LEAST), ("right_most", Direction.MOST)):
        hit = pattern(group).match(text.low, place, right)
        follows = right < text.sentence(value.start)[1]
        behind_comma = "," in text.low[value.end : place]
        if hit and behind_comma and not _SENTENCE_ENDS.match(text.low, hit.end()):
            continue  # `2.5, limit video to 5%`: a new clause
        if hit and follows and not text.low[hit.end() : right].strip(" -"):
            continue  # `2, at most 5%`: it belongs to the number that follows
        if hit and not re.match(
            r"\s*(?:of|for|than)?\s*\d|\s+than\b|\s+(?:of|roas|spend)\b|\s+per\s+(?:dollar|euro|pound|cell|line|active|combination|combo|ad|live)\b",
            text.low[hit.end() :],
        ):
            return Way(direction, words=hit.span())
    return None


_MOST_OF = re.compile(
    r"\s+(?:\w+ )?(?:purchases?|orders?|conversions?|profits?|margins?|revenues?|sales|units|turnover|return|money|value)\b"
)


def _left(text: Text, left: int, stop: int) -> Way | None:
    """The nearest comparison before the number, turned round by a negation."""
    hits = []
    for group, direction, turns in (
        ("up", Direction.LEAST, True),
        ("reaching", Direction.LEAST, True),
        ("down", Direction.MOST, True),
        ("most", Direction.MOST, False),
        ("least", Direction.LEAST, False),
        ("exact", Direction.EXACT, False),
    ):
        for hit in find(group, text, left, stop):
            if group == "reaching" and allowed(text, hit):
                # `search may now rise to 25%`
                hits.append(
                    (hit.end(), hit.end() - hit.start(), hit.start(), Direction.MOST, False)
                )
            elif _applies(text, hit, group, left, stop):
                hits.append((hit.end(), hit.end() - hit.start(), hit.start(), direction, turns))
    if not hits:
        return None
    end, _, begin, direction, turns = max(hits)
    negated = False
    if turns:
        negated = _negated(text, left, begin) or punished(text, left, begin, stop)
        direction = _FLIP[direction] if negated else direction
    elif direction in _FLIP and re.search(
        r"\b(?:no|not a|without (?:a|any))\s+(?:\w+\s+)?$", text.low[left:begin]
    ):
        return None
    return Way(direction, words=(begin, end), negated=negated)


#: `spread over half alpha, half beta` compares nothing.
_SPREAD = re.compile(
    r"\b(?:spread|split|divid\w+|distribut\w+|shar\w+|run|runs|running|stretch\w*|scatter\w*)\s+(?:\w+\s+)?$"
)
_ATTAINS = re.compile(r"reach|hits?|get to|pass(?:es)?|cross(?:es)?|attain|make it to|arrive at")
_LOOSE = {"over", "top", "tops", "past", "within", "limit", "limits"}


def _applies(text: Text, hit: re.Match[str], group: str, left: int, stop: int) -> bool:
    """Whether a word of comparison compares the number that follows."""
    near = text.words(hit.end(), stop) <= 2
    if not near and (hit[0] == "within" or (hit[0] in _LOOSE and group in {"up", "down"})):
        return False
    if hit[0] == "over" and _SPREAD.search(text.low[left : hit.start()]):
        return False
    if group == "reaching":
        # `don't let video pass 12%`, `video must reach 12%`; `video may see 12%` bounds nothing.
        owed = _ATTAINS.fullmatch(hit[0]) and obliged(text, left, hit.start())
        return near and (bool(owed) or _negated(text, left, hit.start()))
    if hit[0] == "as much as":
        return not re.search(r"\bat least\s+$", text.low[left : hit.start()])
    # `aim for the most purchases` is a goal.
    goal = hit[0] in {"the most", "max", "maximum"} and _MOST_OF.match(text.low, hit.end())
    return not goal


def said_before(text: Text, left: int, stop: int) -> Direction | None:
    """The direction that the words right before a number say, if any."""
    way = _left(text, left, stop)
    return way.direction if way else None


_ENCLOSED = re.compile(r"^\s*,[^,;.\d]{1,40},")


def _negated(text: Text, left: int, begin: int) -> bool:
    """Whether a negation governs what stands at `begin`."""
    for hit in reversed(find("negators", text, max(left, begin - 90), begin)):
        # `do not, under any circumstances, go above`: what commas enclose parts nothing.
        between = _ENCLOSED.sub(" ", text.low[hit.end() : begin])
        near = text.words(hit.end(), begin) <= 12
        broken = re.search(
            r"[,;]\s*(?:and|but)?\s|\bbut\b|(?:\band\b|&)(?! (?:beta|alpha))", between
        )
        if near and (not broken or hit[0] in {"neither", "nor"}):
            return True
    return False


def _carried(
    text: Text, said: Way, before: Value | None, value: Value, last: Way | None
) -> Way | None:
    """`not beyond 50% in alpha or beyond 30% in video`: the negation reaches both."""
    if before is None or last is None or last.words is None or said.words is None:
        return None
    between = text.low[before.end : value.start]
    fresh = _FRESH.search(between) or ORDER.search(between)
    if text.sentence(before.start) != text.sentence(value.start) or fresh:
        return None
    plain = not find("negators", text, before.end, value.start)
    same = text.low[slice(*last.words)] == text.low[slice(*said.words)]
    turned = same and last.direction != said.direction
    if plain and turned and re.search(r"\b(?:or|nor|and)\b|,", between) and last.direction in _FLIP:
        return Way(last.direction, own=False, words=said.words)
    # `shouldn't drop below 10% or climb above 25%`: each with its own word.
    compares = pattern("up").fullmatch(text.low, *said.words) or pattern("down").fullmatch(
        text.low, *said.words
    )
    if plain and last.negated and not said.negated and compares and re.search(r"\b(?:or|nor)\b", between):  # fmt: skip
        return Way(_FLIP[said.direction], words=said.words, negated=True)
    return None


def _right(text: Text, start: int, right: int) -> Way | None:
    """`60% there is the most I would tolerate`, `half should be the ceiling for alpha`."""
    hits = []
    for group, direction in (("right_least", Direction.LEAST), ("right_most", Direction.MOST)):
        for hit in find(group, text, start, right):
            phrase = " " in hit[0] or hit[0] in {
                "tops",
                "ceiling",
                "floor",
                "cap",
                "maximum",
                "minimum",
            }
            joints = text.crossings(start, hit.start())[1]
            # `60% video as a limit and 10% ...` is said of the number before.
            trails = hit[0].startswith("as ") and _CLAUSE_ENDS.match(text.low, hit.end())
            near = right < text.sentence(start)[1] and text.words(hit.end(), right) <= 2
            if near and not trails:
                continue  # it belongs to the number that follows
            if phrase and (joints == 0 or hit[0].startswith(("at ", "is ", "as "))):
                hits.append((hit.start(), direction, hit.end()))
    if not hits:
        return _closing(text, start, right)
    begin, direction, end = min(hits)
    return Way(direction, words=(begin, end))


_CLOSER = re.compile(
    r"\s*,?\s*(?:and (?:that's |that is )?)?(?:(?P<most>tops|max|maximum|full stop|period|end of story|(?:and )?that's (?:it|all|that)|and that is (?:it|all)|but not more|but no more|not further|no further|at most|at the most|at maximum|no more|no higher|not higher|never higher|never more|not above|nothing above|"
    r"not more|or less|at best|if that|at the outside|not a \w+ more)|(?P<least>min|minimum|at least|at the least|"
    r"at the very least|at minimum|at a minimum|or more|no less|no lower|not lower|never lower|never less|not below|nothing below|not less|not a \w+ less))\s*(?:please|pls)?\s*(?=\.(?!\s*\d)|[;!\n)]|,|$)"
)


#: A word that closes a clause stands at most this many tokens behind the number.
_CLOSED = 14


def _closing(text: Text, start: int, right: int) -> Way | None:
    """`one dollar in six may go to video, tops`: said last of all, for all of the clause."""
    for match in _CLOSER.finditer(text.low, start, text.sentence(start)[1]):
        if match.end() <= right and not re.search(r"[;:]", text.low[start : match.start()]):
            before = text.low[start : match.start()]
            far = text.words(start, match.start()) > _CLOSED
            if far or re.search(r",(?!\d)", before):
                return None
            way = Direction.MOST if match["most"] else Direction.LEAST
            return Way(way, words=match.span())
    return None


_LED = re.compile(r"[\s*\u2022-]*(?:\d+[.)]\s*)?[a-z]+(?: [a-z]+){0,2}\s*:")


def _header(text: Text, start: int) -> Way | None:
    """`Caps:` on a line of its own above a list."""
    line = text.low[text.low.rfind("\n", 0, start) + 1 : start]
    if led := _LED.match(line):
        # `Caps: 60 percent for alpha; video 20 percent`, all in one line.
        for group, direction in (("most", Direction.MOST), ("least", Direction.LEAST)):
            if pattern(group).search(led[0]):
                return Way(direction, own=False)
    lines = text.low[:start].rstrip().rsplit("\n", 6)
    for line in reversed(lines[-5:]):
        head = line.strip()
        if head.endswith(":"):
            if pattern("most").search(head):
                return Way(Direction.MOST, own=False)
            if pattern("least").search(head):
                return Way(Direction.LEAST, own=False)
            return None
        if not head.startswith(("-", "*", "\u2022")) and not re.match(r"\w+ ?[:=]", head):
            return None
    return None
