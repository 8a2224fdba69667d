"""Words that stand for names said before: `neither`, `the former`, `the other one`, `there`.

Each becomes a mention of the names it points at, so that numbers, negations and rests are read
beside it as beside a name. A word whose names cannot be told stays a mere word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from rmnctl.agents.briefs.elsewhere import is_compared
from rmnctl.agents.briefs.mentions import Mention, Scope
from rmnctl.agents.briefs.text import Text, has
from rmnctl.agents.briefs.vocabulary import Vocabulary

#: What a bare pronoun is followed by; a noun there makes it no pronoun (`each dollar`).
_VERB = (
    r"(?:gets?|getting|takes?|taking|receiv\w+|is|isn't|are|aren't|has|have|having|may|must|mustn't|should|shouldn't|"
    r"shall|can|can't|cannot|will|won't|would|needs?|stays?|staying|kept|capped|limited|held|goes|go|going|exceeds?|"
    r"exceeding|drops?|dropping|falls?|deserves?|makes?|consumes?|eats?|ends?|rises?|wins?|keeps?|sees?)"
)
_AMOUNT = (
    r"(?:at|to|with|under|above|below|over|more|less|no more|no less|not|between|within|up to|min|max|minimum|maximum|"
    r"[$\u20ac\u00a3]?\d|(?:a|one|two|three)[\s-](?:half|third|quarter|fifth|sixth|tenth|quarters|thirds|fifths)|half)"
)
_STOP = r"[,.;:)!?]|$|(?:and|but|or|for|as|please|while|with)\b"
_BEFORE = r"(?:on|at|to|for|in|of|with|from|into|through|behind|via|against)"
_NOUNS = {
    Scope.RETAILER: r"(?:retail(?:er)?(?: media)? ?networks?|retailers?|networks?|partners?|stores?|chains?|shops?)",
    Scope.PLACEMENT: r"(?:ad types?|ad formats?|placements?(?: types?)?|formats?|channels?|inventory)",
    Scope.SKU: r"(?:skus?|products?|items?)",
}
_NOUN = "|".join(_NOUNS.values())
_GENERIC = re.compile(
    r"(?<![a-z])(?:which(?:ever)?|what|the|our|these|all|between|across|of)(?: the| our)?(?: (?:\d|two|three))? "
    rf"(?:{_NOUNS[Scope.RETAILER]})(?![a-z])"
)
_PAIR = 2
_SHARE = r"(?:[^.;\n]{0,45}?(?:%|percent|per cent|pct|\b(?:half|third|quarter|fifth|sixth|eighth|tenth|thirds|quarters|fifths)\b))"
_MANY = re.compile(
    r"(?<![a-z])(?P<word>neither|both|either|each|any|all|none|no one|not one|every one|the two|the pair)"
    r"(?P<of> of (?:them|those|these|the two)| one)?(?![a-z'])"
)
_ONE = re.compile(
    r"(?<![a-z])(?P<word>the former|the latter|the (?:very )?(?:first|second|third|last|other|remaining)"
    rf"(?: one)?(?P<noun> (?:{_NOUN}))?)(?![a-z'-])"
)
_THAT = re.compile(
    rf"(?<![a-z])(?:that|this|the same|said)(?: last)? (?:(?P<noun>{_NOUN})|one)(?![a-z])"
)
_THOSE = re.compile(rf"(?<![a-z])(?:those|these)(?: two)?(?: (?P<noun>{_NOUN}))(?![a-z])")
_THERE = re.compile(
    r"(?<![a-z])there(?! (?:is|are|was|were|should|must|will|may|can|has|have|isn't|aren't|shall)\b|'|[a-z])"
    r"|(?<=[%\dfhrkm] )there(?= is\b)|(?<=percent )there(?= is\b)"
)
_GIVE = r"(?:give|giving|grant|allow|let|cap|limit|hold|keep|keeping|restrict|confine|capping|limiting|guarantee|feed)"
_NOTHING = (
    r"(?:zero|nothing|none|nil|no (?:money|spend|budget|cash|dollars?)|not an? (?:cent|penny|dime|dollar)|don't (?:use|touch|want|run|spend "
    r"(?:anything|a cent|any))|stay away|keep away|leave|avoid|skip|exclude|drop|cut|omit|ditch|kill|(?:don't|do not|never|won't|shouldn't|let's not|no need to|no point in) (?!let|have|do\b|mind|forget|like|see|care|need|worry|think|get|make|say|blame|change|miss|lose|take|give|cap|limit|reduce|raise|exceed|exclude|skip|drop|believe)\w+)"
)
_CLAUSE = r"(?:^|(?<=[.;:,] )|(?<=\band )|(?<=\bbut )|(?<=\bso ))"
_IT = re.compile(
    rf"(?<![a-z]){_NOTHING}\s+(?:on|in|for|to|into|at|from|with)?\s*(?P<nix>it|them|those|that)(?=\s*(?:[.,;!?)\n]|$|out\b|alone\b|entirely\b|altogether\b|completely\b|and\b|please\b))"
    rf"|(?<![a-z])(?:{_GIVE}\s+(?P<obj>it|them(?: both| each)?)(?![a-z]){_SHARE}"
    rf"|{_CLAUSE}(?P<subj>it|they)\s+(?:\w+\s+)??{_VERB}\b{_SHARE})"
)
_NIL = (
    r"(?:\w+ly\s+|just\s+)?(?:nothing|zero|none|nil|not an? (?:cent|penny|dime))"
    r"(?=\s*(?:[.,;!?)\n]|$)|\s+(?:at all|whatsoever|this (?:time|year|round)|for now|now|and|please|because|since|from)\b)"
)
#: `they liked video; I don't, so give it nothing`.
_NIL_FOR = re.compile(
    rf"(?<![a-z])(?:{_GIVE}|allot|allocate|assign|award|offer|pay|spare|budget)\s+(?P<obj>it|them(?: both)?)\s+{_NIL}"
    rf"|{_CLAUSE}(?P<subj>it|they)\s+(?:(?:must|should|shall|will|can|may|is to|are to)\s+)?(?:simply\s+|just\s+)?(?:gets?|receives?|takes?)\s+{_NIL}"
)
_UNLESS = re.compile(r"\b(?:if|unless|otherwise|else|when|once|whether|until|or)\b")


def pronouns(text: Text, found: Sequence[Mention], vocabulary: Vocabulary) -> list[Mention]:
    """Mentions for the words that stand for other mentions.

    Args:
        text: The brief.
        found: Names, in order.
        vocabulary: All names; `the other` is the one that is left of them.
    """
    everyone = tuple(r.id for r in vocabulary.retailers)
    made: list[Mention] = []
    for start, end, resolve in sorted(_words(text), key=lambda w: w[0]):
        known = [m for m in (*found, *made) if m.scope is not Scope.BRAND and m.ids]
        if any(m.start < end and start < m.end for m in (*found, *made)):
            continue
        before = sorted((m for m in known if m.end <= start), key=lambda m: m.start)
        if before and re.fullmatch(r"\s*(?:(?:gets?|has|takes?|both|each)\s*)?", text.low[before[-1].end : start]):  # fmt: skip
            continue  # `beta the other 30%`, `alpha and beta each`: beside their own names
        if text.low[start:end] == "there" and _at_stranger(text, found, before, start):
            continue
        target = resolve(text, before, start, everyone)
        if target is not None:
            scope, ids = target
            made.append(Mention(scope, ids, start, end, pronoun=True))
    return made


def _at_stranger(
    text: Text, found: Sequence[Mention], before: Sequence[Mention], start: int
) -> bool:
    """`Kroger likes us, but we don't advertise there`: the last place named is not known."""
    since = before[-1].end if before else 0
    return any(
        m.scope is Scope.RETAILER
        and not m.ids
        and since <= m.start < start
        and text.crossings(m.end, start)[0] <= 1
        and not is_compared(text, m)
        for m in found
    )


_Target = tuple[Scope, tuple[str, ...]]
_Resolve = Callable[[Text, list[Mention], int, tuple[str, ...]], _Target | None]


def _words(text: Text) -> Iterator[tuple[int, int, _Resolve]]:
    """Where pronouns stand, and how each finds its names."""
    low = text.low
    for hit in _MANY.finditer(low):
        if _alone(low, hit):
            yield *hit.span(), _several
    for hit in _ONE.finditer(low):
        if hit["noun"] or "former" in hit[0] or "latter" in hit[0] or _used(low, hit):
            yield *hit.span(), _ordinal(hit["word"], _scope_of(hit["noun"]))
    for hit in _THAT.finditer(low):
        yield *hit.span(), _last(_scope_of(hit["noun"]))
    for hit in _THOSE.finditer(low):
        yield *hit.span(), _those(_scope_of(hit["noun"]))
    for hit in _THERE.finditer(low):
        yield *hit.span(), _last(None)
    for hit in _IT.finditer(low):
        group = hit.lastgroup or "subj"
        word = hit[group].split()[0]
        yield (
            hit.start(group),
            hit.start(group) + len(word),
            (_last(None) if word in {"it", "that"} else _several),
        )

    for hit in _NIL_FOR.finditer(low):
        group = hit.lastgroup or "subj"
        yield *hit.span(group), _for_nothing


def _alone(low: str, hit: re.Match[str]) -> bool:
    """Whether `each` or `both` stands for names, and not before a noun or beside its names."""
    before, after = low[max(0, hit.start() - 14) : hit.start()], low[hit.end() : hit.end() + 30]
    led = re.search(rf"(?:^|\b{_BEFORE}|[.;:,()?!\n*\u2022\u00b7>+-]|\b(?:and|but|as|that|provided|while|where|so|if|with|keep|cap|limit|give|hold))\s*$", before)  # fmt: skip
    placed = re.search(rf"\b(?:{_BEFORE}|keep|cap|limit|give|hold)\s+$", before)
    follows = re.match(rf"\s+(?:{_VERB}\b|{_AMOUNT})", after)
    if hit["word"] in {"any", "all"} and not hit["of"]:
        return False
    return bool(led and follows) or bool(placed and re.match(rf"\s*(?:{_STOP})", after))


#: `the other half at beta` is a part, no name.
_A_PART = re.compile(
    r"\s+(?:half|third|quarter|[\d.]+\s*(?:%|percent|per cent)|[$\u20ac\u00a3][\d.,]+[km]?)\s+(?:of\b|on\b|at\b|to\b|in\b|for\b|goes|go\b|should|is\b)"
)


def _used(low: str, hit: re.Match[str]) -> bool:
    """Whether `the first`, `the other` is used as a name: before a verb, behind a preposition."""
    after = low[hit.end() : hit.end() + 30]
    before = low[max(0, hit.start() - 10) : hit.start()]
    placed = re.search(rf"\b{_BEFORE}\s+$", before) and re.match(rf"\s*(?:{_STOP})", after)
    if _A_PART.match(low, hit.end()):
        return False
    return bool(placed or re.match(rf"\s+(?:{_VERB}\b|{_AMOUNT})", after))


def _scope_of(noun: str | None) -> Scope | None:
    if noun is None:
        return None
    return next((s for s, words in _NOUNS.items() if re.fullmatch(words, noun.strip())), None)


def _groups(text: Text, before: Sequence[Mention]) -> list[list[Mention]]:
    """Names of one kind that are said together, in order; one name makes a group of its own."""
    made: list[list[Mention]] = []
    for mention in before:
        last = made[-1][-1] if made else None
        if (
            last is not None
            and last.scope is mention.scope
            and not mention.pronoun
            and not last.pronoun
            and not set(mention.ids) & {i for m in made[-1] for i in m.ids}
            and re.fullmatch(
                r"[\s,/&+]*(?:(?:and|or|nor|plus|on|at|the|versus|vs)[\s,/&+]+)*",
                text.low[last.end : mention.start],
            )
        ):
            made[-1].append(mention)
        else:
            made.append([mention])
    return made


def _ids(group: Sequence[Mention]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(i for m in group for i in m.ids))


_TWO = re.compile(
    r"neither|both|no one|none|not one|the two|the pair|each of the two|none of the two"
)


def _several(
    text: Text, before: list[Mention], start: int, everyone: tuple[str, ...]
) -> _Target | None:
    """The last names said together; else the last two of one kind; where none were, both retailers."""
    if not before and len(everyone) == _PAIR and _TWO.match(text.low, start):
        return Scope.RETAILER, everyone
    for group in reversed(_groups(text, before)):
        if len(_ids(group)) > 1:
            # `25 cells, and each of those gets $300`: what lies nearer is meant.
            between = (group[-1].end, start)
            return None if has("cells", text, *between) else (group[0].scope, _ids(group))
    alike = [m for m in before if m.scope is before[-1].scope]
    ids = _ids(alike)
    if len(ids) == _PAIR and alike[0].scope is not Scope.SKU:
        return alike[0].scope, ids
    # `I don't mind which retailer gets it as long as none gets over 70%`.
    generic = _GENERIC.search(text.low, 0, start)
    return (Scope.RETAILER, everyone) if generic and len(everyone) > 1 else None


def _ordinal(word: str, scope: Scope | None) -> _Resolve:
    """`the former`, `the latter`, `the second`, `the other one`."""

    def resolve(
        text: Text, before: list[Mention], start: int, everyone: tuple[str, ...]
    ) -> _Target | None:
        del start
        alike = [m for m in before if scope is None or m.scope is scope]
        if "other" in word or "remaining" in word:
            return _other(text, alike, everyone, scope)
        pairs = [g for g in _groups(text, alike) if len(_ids(g)) > 1]
        ids = _ids(pairs[-1]) if pairs else _ids([m for m in alike if m.scope is alike[-1].scope][-2:])  # fmt: skip
        if len(ids) < _PAIR:
            return None
        place = {"former": 0, "first": 0, "second": 1, "third": 2}.get(word.split()[1], -1)
        kind = pairs[-1][0].scope if pairs else alike[-1].scope
        return (kind, (ids[place],)) if place < len(ids) else None

    return resolve


def _other(
    text: Text, alike: Sequence[Mention], everyone: tuple[str, ...], scope: Scope | None
) -> _Target | None:
    """The one that is left of a pair when one of it was said last."""
    if not alike:
        return None
    last = alike[-1]
    if len(last.ids) != 1 or (scope or last.scope) is not last.scope:
        return None
    if last.scope is Scope.RETAILER:
        left = [i for i in everyone if i != last.ids[0]]
        return (last.scope, tuple(left)) if len(left) == 1 else None
    for group in reversed(_groups(text, alike)):
        left = [i for i in _ids(group) if i != last.ids[0]]
        if len(_ids(group)) == _PAIR and len(left) == 1:
            return last.scope, tuple(left)
    return None


def _last(scope: Scope | None) -> _Resolve:
    """`that placement`, `that one`, `there`: the last name of the kind."""

    def resolve(
        text: Text, before: list[Mention], start: int, everyone: tuple[str, ...]
    ) -> _Target | None:
        del text, start, everyone
        alike = [m for m in before if scope is None or m.scope is scope]
        if not alike or (len(alike[-1].ids) > 1 and alike[-1].scope is not Scope.SKU):
            return None
        return alike[-1].scope, alike[-1].ids

    return resolve


def _for_nothing(
    text: Text, before: list[Mention], start: int, everyone: tuple[str, ...]
) -> _Target | None:
    """`so give it nothing`: the name spoken of, where nothing is on a condition."""
    left = text.sentence(start)[0]
    if not before or _UNLESS.search(text.low, left, start):
        return None
    since = before[-1].end
    if has("cells", text, since, start) or text.crossings(since, start)[0] > _NEAR:
        return None
    one = text.low[start : start + 2] == "it"
    return (_last(None) if one else _several)(text, before, start, everyone)


_NEAR = 2


def _those(scope: Scope | None) -> _Resolve:
    """`those placements`: the last names of the kind said together."""

    def resolve(
        text: Text, before: list[Mention], start: int, everyone: tuple[str, ...]
    ) -> _Target | None:
        alike = [m for m in before if scope is None or m.scope is scope]
        return _several(text, alike, start, everyone)

    return resolve
