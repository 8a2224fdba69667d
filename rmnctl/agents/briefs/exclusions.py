"""Which names a brief wants nothing spent on, and whether it wants only some."""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import pairwise

from rmnctl.agents.briefs.anchors import Anchor, Topic
from rmnctl.agents.briefs.kinds import Value
from rmnctl.agents.briefs.refusals import refused_after, refused_before
from rmnctl.agents.briefs.rest import withheld
from rmnctl.agents.briefs.text import Text, find, pattern

_ATTACHED = re.compile(
    r"\s*(?:(?:ads?|placements?|inventory|formats?|share|spend|budget|activity|media|advertising|itself|part)\s*)?"
    r"(?:[:=(?-]|->|,?\s*(?:is|are|was|be|being|stays?|remains?|goes|gets?|should|must|has to|to)\b|\s)?\s*"
    r"(?:simply|just|strictly|completely|entirely|totally|definitely|absolutely|a)?\s*"
)
_GOES_ON = re.compile(
    r"\s+(?:on|in|for|to|at(?! all)|with|of(?! it| that| the| this| them| our)|from|more|less|above|below|beyond|over)\b"
)
_STILL = re.compile(
    r"\b(?:more|less|fewer|over|above|below|under|beyond|exceed\w*|only|later|sooner)\b"
)
_AUXILIARY = re.compile(r"\s*(?:must|should|may|can|will|does|do|is|are|shall)\s*")
_THAN = re.compile(r"\b(?:than|as|like|versus|vs)\s+(?:the\s+)?$")
_JOINED = re.compile(
    r"[\s,/&+]*(?:(?:and|or|nor|as well as|neither|no|not|nothing|zero|on|in|at|to|into|for|with|the|any|from|also|"
    r"anything|ads?|placements?|all)[\s,/&+]+)*"
)


def excluded(
    text: Text, places: list[Anchor], found: list[Value], bound: Collection[int]
) -> list[int]:
    """Positions of name anchors that nothing is to be spent on.

    Args:
        text: The brief.
        places: All anchors.
        found: All values.
        bound: Positions of anchors that a number limits; those are no exclusions.
    """
    out: list[int] = []
    names = [n for n, a in enumerate(places) if a.topic is Topic.NAMES and n not in bound]
    for position in names:
        anchor = places[position]
        start, end = text.sentence(anchor.start)
        stops = [a.end for a in places if a.topic is Topic.NAMES and start <= a.end <= anchor.start]
        stops += [v.end for v in found if start <= v.end <= anchor.start]
        left = max([start, *stops])
        following = [a.start for a in places if a.topic is Topic.NAMES and a.start >= anchor.end]
        right = min([end, *following])
        apart = _ASIDE.match(text.low, anchor.end)
        behind = apart.end() if apart else _out_of_brackets(text, anchor)
        kept_off = any(withheld(text, v, anchor.start) for v in found)
        inside = _inside(text, left, anchor)
        if (
            kept_off
            or inside
            or _before(text, left, anchor.start)
            or _after(text, behind, right)
            or refused_before(text, left, anchor.start)
            or refused_after(text, behind, right)
        ):
            out.append(position)
        elif out and out[-1] == _previous(names, position):
            last = places[out[-1]]
            gap = text.low[last.end : anchor.start]
            if (
                last.end <= anchor.start
                and gap.strip()
                and _JOINED.fullmatch(gap)
                and "and" not in gap.split()
                # `no video at beta`: a mere preposition says where, not what else.
                and (
                    last.scope is anchor.scope
                    or re.search(r"\b(?:n?or|no|not|nothing|neither)\b", gap)
                )
            ):
                out.append(position)
    out = sorted({*out, *_pointed_at(text, places, names), *_not_again(text, places, names, bound)})
    return _corrected(text, places, out)


def _out_of_brackets(text: Text, anchor: Anchor) -> int:
    """Where a name ends: `HRB-0036 (magnesium capsules) gets nothing` goes on behind the bracket."""
    enclosed = text.low[: anchor.start].endswith("(") and text.low.startswith(")", anchor.end)
    return anchor.end + 1 if enclosed else anchor.end


_IT = re.compile(
    r"\b(?:leave|leaving|keep|take|taking|cut|throw|kick|count|rule) (?P<a>it|them|that|those|both(?: of them)?|all(?: of them)?|the two|either) (?:out|off|away|aside)\b"
    r"|\b(?:it|they) (?:won't|will not|don't|doesn't|shouldn't|should not|must not|mustn't|can't) (?:see|get|receive|have|earn) (?:our|any|a single|one|another|anything|a (?:cent|penny|dime|dollar))\b"
    r"|\bso (?:let's not|we won't|we don't|i won't|no thanks|never mind|not this time)(?=\s*(?:[.,;!)]|$))"
    r"|\b(?:skip|drop|avoid|exclude|omit|ditch|cut) (?P<b>it|them|those|both(?: of them)?|all of them|the two)\b(?! (?:to|by|at|in|down|back|below|under))"
)


def _pointed_at(text: Text, places: list[Anchor], names: list[int]) -> list[int]:
    """`video never sold anything, so leave it out`: the last name before, in the same sentence."""
    found = []
    for hit in _IT.finditer(text.low):
        start, _ = text.sentence(hit.start())
        before = [
            n
            for n, a in enumerate(places)
            if a.topic is Topic.NAMES and start <= a.end <= hit.start()
        ]
        if before and before[-1] in names:
            found.append(before[-1])
    return found


#: `so none of that again please`, `we won't be doing that again`, `never again`.
_AGAIN = re.compile(
    r"\b(?:none|no more|nothing|not one bit|no repeat|no repetition|no second (?:round|helping)|enough) of (?:that|this|it|those|them)\b(?! (?:plan|brief|budget|size|much))"
    r"(?:\s+(?:again|any ?more|this time|for us|for me|for now|here))?"
    r"|\b(?:never|not) again\b"
    r"|(?:n't|\b(?:not|never|no need to|rather not|no wish to|no intention to))\s+(?:[a-z]+\s+){0,3}?(?:do|doing|try|trying|see|repeat|repeating|run|go|going|buy|use|touch|make|making|fund|funding|back)\s+"
    r"(?:(?:that|it|this|those|them|there|through that|through it|down that road|that mistake|the same mistake)\s*)(?:again|any ?more|twice|a second time|another time|once more)\b"
)
_CLOSES = re.compile(
    r"\s*(?:,?\s*(?:please|pls|thanks|thank you|ok|okay|this time|for us))*\s*(?:[.,;!?)\n]|$|-)"
)
#: Words of what happened, which `never again` is said of.
_HAPPENED = re.compile(
    r"\b(?:tried|ran|did|let|used|bought|had|was|were|ate|swallowed|burn\w*|lost|wasted|cost|flopped|failed|went|gave|got|saw|spent|hated|regretted|sank|brought|[a-z]{3,}ed)\b"
)


#: `retargeting annoys people, so none of that` needs no tale; elsewhere it opens a clause.
_SO = re.compile(r"\b(?:so|therefore|hence|thus)[\s,]*(?:please\s+)?$")
_OPENS = re.compile(r"(?:[.,;:!?(\n\u2026-]|\b(?:and|but|please|want|now))\s*$")


def _not_again(
    text: Text, places: list[Anchor], names: list[int], bound: Collection[int]
) -> list[int]:
    """`we tried ctv in spring and it ate 90k, so none of that again`: the name that the tale is about."""
    found = []
    limited = {i for n in bound for m in places[n].mentions for i in m.ids}
    for hit in _AGAIN.finditer(text.low):
        before = [
            n for n, a in enumerate(places) if a.topic is Topic.NAMES and a.end <= hit.start()
        ]
        if not before or before[-1] not in names or not _CLOSES.match(text.low, hit.end()):
            continue
        last = places[before[-1]]
        near = text.crossings(last.end, hit.start())[0] <= 1
        start = text.sentence(last.start)[0]
        said = text.low[start : hit.start()]
        told = _HAPPENED.search(said) and (not hit[0].startswith("none") or _OPENS.search(said))
        if (
            near
            and (told or _SO.search(said))
            and not limited & {i for m in last.mentions for i in m.ids}
        ):
            found.append(before[-1])
    return found


def _corrected(text: Text, places: list[Anchor], out: list[int]) -> list[int]:
    """`leave search out, sorry, I mean leave video out`: the first is taken back."""
    taken_back = {
        first
        for first, second in pairwise(out)
        if text.words(places[first].end, places[second].start) <= 12
        and places[first].scope is places[second].scope
        and pattern("correction").search(text.low, places[first].end, places[second].start)
    }
    return [position for position in out if position not in taken_back]


def _previous(names: list[int], position: int) -> int:
    place = names.index(position)
    return names[place - 1] if place else -1


_NOTHING_BUT = re.compile(
    r"\b(?:(?:skip|avoid|drop|exclude|cut|ban|ditch|omit|forget|leave out|pause|stop|block|(?:don't|do not|never) "
    r"(?:use|do|touch|run|buy|want|spend on|book))\s+(?:everything|anything|all|every \w+|any \w+|all \w+)(?: else)?|nothing|nowhere|"
    r"no (?:\w+ )?(?:placements?|formats?|retailers?|networks?|channels?|ads?|ad types?))\s+"
    r"(?:except|but|other than|apart from|besides|save|aside from|outside)(?:\s+(?:for|on|at|of|in|the))*\s+$"
)


#: `don't exclude video` keeps it; `no more display` does not.
_KEPT = re.compile(
    r"\b(?:don't|do not|dont|never|not|no need to|no reason to|shouldn't|mustn't|won't|without)\s+(?:\w+ly\s+)?(?:want to\s+|have to\s+)?"
    r"(?:exclud\w*|skip\w*|drop\w*|avoid\w*|leav\w+ out|ban\w*|cut\w*|omit\w*|ditch\w*|forget\w*|remov\w*|rul\w+ out|neglect\w*|ignor\w*|block\w*)"
    r"\s+(?:the\s+|any\s+|out\s+)?$"
)
_NO_MORE = re.compile(
    r"\bno more\s+(?:spend\s+on\s+|money\s+(?:on|for)\s+|ads\s+on\s+|of\s+(?:that\s+)?)?$"
)


#: `Don't want: video`.
_WANTED = re.compile(
    r"\s*(?:want|use|include|needed|allowed|run|wanted|interested in|touch|go)\s*:\s*"
)


_PEOPLE = re.compile(
    r"\b(?:shoppers|customers|people|consumers|viewers|users|buyers|households|visitors|readers)\s+(?:\w+\s+){0,2}$"
)


def _before(text: Text, left: int, start: int) -> bool:
    """`nothing on`, `stay away from`, `no` before the name, with nothing else between."""
    before = text.low[left:start]
    if _NOTHING_BUT.search(before) or _KEPT.search(before):
        return False
    if _NO_MORE.search(before):
        return True
    for hit in reversed(find("exclude_before", text, left, start)):
        between = text.low[hit.end() : start]
        told = not between.strip(" :.=-")  # `Not: video`
        told = told or _WANTED.fullmatch(between) is not None
        broken = not told and re.search(r"[;:]|,\s*(?!or|nor)|\bbut\b", between)
        if text.words(hit.end(), start) > 8 or broken:
            return False
        if any(
            s.start() <= hit.start() < s.end()
            for s in find("not_exclusion", text, left, start + 12)
        ):
            continue
        if _PEOPLE.search(text.low[left : hit.start()]):
            continue  # `shoppers never see video`
        if hit[0] in {"nor", "neither"} and _AUXILIARY.fullmatch(between):
            continue  # `nor must beta`: as the one before
        if (
            _STILL.search(between)
            or _THAN.search(between)
            or (hit[0] in {"no", "not"} and "because" in between)
        ):
            continue
        return True
    return False


_ENDS = re.compile(r"\s*(?:[.,;:!?)\n-]|$|(?:and|but|please|for|this|at all)\b)")


#: `leave alpha out`, `take video off`: the name stands inside the verb.
_LEAVE = re.compile(
    r"\b(?:leave|leaving|left|keep|keeping|take|taking|cut|cutting|count|rule|ruling|shut|lock|locking|strike|striking|cross|crossing|scratch|scratching|remove|removing|delete|deleting|drop|dropping|pull|pulling|give|giving|let|send|sending|write|throw|kick|show)\s+(?:the\s+|any\s+)?$"
)
_OUT = re.compile(
    r"\s*(?:ads?|completely|entirely|well)?\s*(?:(?:out|off|aside|alone|away)\b(?![\s-]*site)|from (?:the|our|my|this) (?:list|plan|mix|menu|media plan|programme|program)\b|"
    r"an? (?:miss|rest|break|pass|wide berth|pause|holiday|year off)\b|(?:sit|sleep|rest|wait)\b|home\b|the door\b)"
)


#: `keep magnesium capsules (HRB-0036) out of it`: what says once more what is meant.
_APPOSED = re.compile(r"\s*(?:\([^()\n%$]{1,40}\)|,[^,.;()\n%$]{1,25},)")


def _inside(text: Text, left: int, anchor: Anchor) -> bool:
    again = _APPOSED.match(text.low, anchor.end)
    ends = [anchor.end, again.end()] if again else [anchor.end]
    return bool(
        _LEAVE.search(text.low[left : anchor.start])
        and any(_OUT.match(text.low, end) for end in ends)
    ) and not _NOT_INSIDE.search(text.low[left : anchor.start])


_NOT_INSIDE = re.compile(
    r"\b(?:don't|do not|never|not|shouldn't|mustn't)\s+(?:\w+\s+)?(?:leave|keep|take|cut|count|rule)"
)


#: `is being delisted and gets nothing`: a second predicate of the same name.
_ALSO = re.compile(
    r"\s+(?:is|are|was|were|has|have|had|did|does|will|never|keeps?|sells?|sold|costs?|failed|flopped)\b[^.;:,\d]{0,50}?(?:,\s*)?\b(?:and|so|so it|hence|therefore|thus)\s+"
)


_NO_LIMIT = re.compile(
    r"\s+(?:such\s+|fixed\s+|upper\s+|lower\s+)?(?:caps?|limits?|ceilings?|floors?|minimum|maximum|restrictions?|rules?|preferences?|conditions?)\b"
)
#: `audio, which we don't like, gets nothing`.
_ASIDE = re.compile(r"\s*(?:,\s*(?:which|who|that)\b[^,.;\d]{1,40},|\([^)\d]{1,40}\))")


def _after(text: Text, end: int, right: int) -> bool:
    """`is off limits`, `: none`, `is a no` behind the name."""
    for hit in find("exclude_after", text, end, min(right, end + 90)):
        between = text.low[end : hit.start()]
        if hit[0].startswith(",") and not _ENDS.match(text.low, hit.end()):
            continue  # `at beta, never put more than 30% ...`
        if hit[0].split()[-1] in {"no", "none"} and _NO_LIMIT.match(text.low, hit.end()):
            continue  # `alpha has no cap`
        joined = _ALSO.fullmatch(between) is not None
        if not (joined or _ATTACHED.fullmatch(between)) or _GOES_ON.match(text.low, hit.end()):
            continue
        if hit[0] != "no" or re.match(r"\s*(?:[.,;!?)\n]|$)", text.low[hit.end() :]):
            return True
    return False


#: `not all on alpha`, `about everything on alpha`.
_NOT_ALL = re.compile(
    r"\b(?:not|n't|never|without|nearly|almost|about|mostly|practically|virtually|isn't|aren't|don't put)\s+(?:it\s+)?(?:all|everything|only|just|solely|exclusively|entirely)\b[^,;.]*$"
)


#: `only the onsite one holds`: one limit of several.
_STAYS = re.compile(
    r"(?:'s)?(?:\s+(?:one|caps?|limits?|floors?|ceilings?|minimum|maximum|rules?|part))?\s+"
    r"(?:holds?|stays?|stands?|appl(?:y|ies)|remains?|counts?|survives?|is kept|is in force)\b"
)


def only(text: Text, anchor: Anchor) -> bool:
    """Whether the brief wants this and nothing else: `alpha only`, `everything on alpha`."""
    start = text.sentence(anchor.start)[0]
    before = text.low[max(start, anchor.start - 28) : anchor.start]
    if _NOT_ALL.search(before):
        return False
    after = text.low[anchor.end : anchor.end + 28]
    if _STAYS.match(after):
        return False
    tail = re.compile(
        r"(?:"
        + pattern("only").pattern
        + r")\s*(?:at|on|with|in|to|through|via|by|use|using|the|retailers?|network|networks)?\s*(?:the )?$"
    )
    return bool(
        _NOTHING_BUT.search(text.low[start : anchor.start])
        or tail.search(before)
        or re.match(
            r"\s*[-(]?\s*(?:only|it is(?=\s*(?:[.,;!)]|$))|alone(?!\s+(?:and (?:nobody|nothing|still)|\w+ed|took|ate|got|had|was|were|went|cost|made|brought|drove|burnt)\b)|exclusively|solely|and nowhere else|and nothing else)\b",
            after,
        )
    )
