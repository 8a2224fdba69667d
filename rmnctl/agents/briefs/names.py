"""Which brand pays and which retailers are meant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from rmnctl.agents.briefs.anchors import Anchor, Topic
from rmnctl.agents.briefs.elsewhere import is_elsewhere
from rmnctl.agents.briefs.exclusions import only
from rmnctl.agents.briefs.mentions import Mention, Scope
from rmnctl.agents.briefs.others import hearsay
from rmnctl.agents.briefs.problems import Code, Unplannable
from rmnctl.agents.briefs.reading import Reading
from rmnctl.agents.briefs.roles import Purpose
from rmnctl.agents.briefs.text import has
from rmnctl.agents.briefs.vocabulary import Vocabulary, known
from rmnctl.errors import did_you_mean


def the_brand(
    reading: Reading, vocabulary: Vocabulary, used: list[tuple[str, str]], assumptions: list[str]
) -> str:
    """The one brand that a brief is for.

    Raises:
        Unplannable: None, several, or one that is not known.
    """
    text = reading.text
    named = [m for m in reading.mentions if m.scope is Scope.BRAND]
    strange = [m for m in named if not m.ids]
    ids = sorted({i for m in named for i in m.ids})
    all_known = known(vocabulary).brands
    if strange and not (ids and _rival(reading, strange[0])):
        words = text.quote(strange[0].start, strange[0].end)
        raise Unplannable(
            Code.UNKNOWN_BRAND, f'No brand "{words}" is known.', did_you_mean(words, all_known)
        )
    if len(ids) > 1:
        raise Unplannable(
            Code.TWO_BRANDS,
            f"The brief names several brands: {', '.join(ids)}; a plan is for one.",
            "Send one brief for each.",
        )
    if ids:
        used.append(("brand_id", text.quote(named[0].start, named[0].end)))
        return ids[0]
    by_product = _brands_of_products(reading, vocabulary)
    if len(by_product) == 1:
        assumptions.append(f"brand_id: not said; the products named are {by_product[0]}'s.")
        return by_product[0]
    raise Unplannable(
        Code.NO_BRAND,
        "The brief names no known brand, and a brand has no default.",
        f"Known: {', '.join(all_known)}.",
    )


_PAYS = re.compile(
    r"\b(?:for|of|brand|client|and|plus|with|by|both|advertiser)[:\s]+(?:the\s+|brand\s+)?$|[&+,:]\s*$"
)
_DID = re.compile(
    r"(?:'s)?\s+(?:(?:apparently|just|also|really|already|probably|recently|has|have|had|is|are|was|were|did|does|keeps?|always|"
    r"supposedly|allegedly|reportedly)\b|\w+ed\b|\w+ing\b|spends?\b|went\b|outspen\w+|puts?\b|runs?\b)"
)


def _rival(reading: Reading, mention: Mention) -> bool:
    """An unknown brand that is only compared with, or of which something is told."""
    text = reading.text
    start, end = text.sentence(mention.start)
    before = text.low[start : mention.start]
    known_here = any(
        m.scope is Scope.BRAND and m.ids and start <= m.start < end for m in reading.mentions
    )
    told = _DID.match(text.low, mention.end) is not None and not known_here
    compared = re.search(
        r"\b(?:than|like|unlike|against|beat|beats|outspend|versus|vs\.?|as|from|copy)\s+$", before
    )
    if hearsay(text, mention.start, [m for m in reading.mentions if m is not mention]):
        return True
    if _PAYS.search(before):
        return has("past", text, start, end)
    return told or bool(compared) or has("past", text, start, end)


def _brands_of_products(reading: Reading, vocabulary: Vocabulary) -> list[str]:
    """The brand of products that are named in full, with the brand's own name."""
    owner = {p.sku_id: p.brand_id for p in vocabulary.products}
    named = [m for m in reading.mentions if m.scope is Scope.SKU and len(m.ids) == 1]
    brands = {b.id: (b.id, *b.names) for b in vocabulary.brands}
    found = set()
    for mention in named:
        brand = owner[mention.ids[0]]
        words = reading.text.low[mention.start : mention.end]
        if any(words.startswith(name.lower()) for name in brands.get(brand, ())):
            found.add(brand)
    return sorted(found)


def retailers_of(
    reading: Reading, vocabulary: Vocabulary, used: list[tuple[str, str]]
) -> tuple[list[str], list[str]]:
    """The retailers to spend at (empty: all), and those that are left out.

    Raises:
        Unplannable: One is not known, or is both wanted and not.
    """
    everyone = known(vocabulary).retailers
    _check_known(reading, everyone)
    said = _sorted_out(reading, used)
    if said.listed & said.gone:
        raise _torn(f"{', '.join(sorted(said.listed & said.gone))} is wanted and left out")
    others = said.bounded - said.alone - said.listed
    if said.alone and others and _positive(reading, others):
        raise _torn(f"only {', '.join(sorted(said.alone))}, and others too")
    wanted = said.listed | said.alone
    if said.listed and not said.alone:
        wanted |= said.bounded
    if said.gone >= set(everyone):
        raise _torn("every retailer is left out")
    if said.gone:
        wanted = (wanted or set(everyone)) - said.gone
    return [r for r in everyone if r in wanted], sorted(said.gone)


@dataclass
class _Said:
    """Retailers by what is said of them: spend there, nothing there, within limits, only there."""

    listed: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    bounded: set[str] = field(default_factory=set)
    alone: set[str] = field(default_factory=set)


def _torn(what: str) -> Unplannable:
    return Unplannable(
        Code.CONTRADICTION,
        f"The brief contradicts itself: {what}.",
        "Say it once, as it should be.",
    )


def _check_known(reading: Reading, everyone: Sequence[str]) -> None:
    for mention in reading.mentions:
        if mention.scope is Scope.RETAILER and not mention.ids:
            if is_elsewhere(reading.text, mention, reading.mentions):
                continue
            words = reading.text.quote(mention.start, mention.end)
            raise Unplannable(
                Code.UNKNOWN_RETAILER,
                f'"{words}" is no configured retailer.',
                did_you_mean(words, everyone),
            )


def _sorted_out(reading: Reading, used: list[tuple[str, str]]) -> _Said:
    text, said = reading.text, _Said()
    for anchor, standing in standings(reading):
        ids = {i for m in anchor.mentions for i in m.ids}
        if standing is Standing.OUT:
            said.gone |= ids
            continue
        if standing is Standing.BOUNDED:
            said.bounded |= ids
        elif standing is Standing.ASKED:
            said.listed |= ids
            used.append(("retailers", text.quote(anchor.start, anchor.end)))
        elif standing is Standing.TOLD:
            continue
        if only(text, anchor) and not anchor.mentions[0].every:
            said.alone |= ids
    return said


class Standing(StrEnum):
    """What a brief says of retailers it names: spend there, nothing there, within limits, or nothing.

    `MEANT` ones are no answer to where to spend, except where it is said to be the only place.
    """

    ASKED = "asked"
    OUT = "out"
    BOUNDED = "bounded"
    MEANT = "meant"
    TOLD = "told"


def standings(reading: Reading) -> list[tuple[Anchor, Standing]]:
    """Every place that names retailers, with what is said of them."""
    limited = {id(r.anchor) for r in reading.roles if r.purpose is Purpose.LIMIT}
    told = [r.anchor for r in reading.roles if r.purpose is Purpose.LIMIT and r.anchor is not None]
    limited |= {id(a) for a in reading.places if any(a.start <= t.start < a.end for t in told)}
    limited |= {
        id(a) for a in reading.places
        if len({i for m in a.mentions for i in m.ids}) > 1 and has("evenly", reading.text, *reading.text.sentence(a.start))
    }  # fmt: skip
    return [
        (anchor, _standing(reading, anchor, limited, told))
        for anchor in reading.places
        if anchor.topic is Topic.NAMES and anchor.scope is Scope.RETAILER
    ]


def _standing(
    reading: Reading, anchor: Anchor, limited: set[int], told: Sequence[Anchor]
) -> Standing:
    text = reading.text
    ids = {i for m in anchor.mentions for i in m.ids}
    if any(a is anchor for a in reading.excluded):
        return Standing.OUT
    judged = next((wanted for a, wanted in reading.judged if a is anchor), None)
    if judged or (judged is not None and id(anchor) not in limited):
        return Standing.ASKED if judged else Standing.TOLD
    if _CARELESS.match(text.low, anchor.end) or _wanted_once(reading, anchor, ids, told):
        return Standing.TOLD
    if id(anchor) in limited or any(
        _meant(reading, anchor, a) for a in reading.places if id(a) in limited
    ):
        return Standing.BOUNDED
    past = any(r.anchor is anchor for r in reading.roles if r.purpose is Purpose.BACKGROUND)
    if anchor.mentions[0].pronoun or past or _told_of(reading, anchor, told):
        return Standing.TOLD
    if _beside_compared(reading, anchor) or _any_of(reading, anchor):
        return Standing.MEANT
    return Standing.ASKED


_OPENS = re.compile(
    r"(?:^|[.,;:!?\n(\u2026-]|\b(?:and|but|so|if|because|while|as|since|though|although|when|that|whether|what|how|why))\s*$"
)
_NARRATES = re.compile(
    r"(?:'s\s+\w+)?\s+(?:just |also |recently |really |again |already |still |apparently )*(?!(?:preferred|needed|wanted|required|allowed|permitted|included|used|favou?red|approved|"
    r"booked|selected|agreed|capped|limited)\b)(?:\w{2,}ed|was|were|had|did|didn't|wasn't|went|came|sold|grew|"
    r"fell|lost|won|ran|said|says|reports?|shows|publishes|boasts|told|wrote|sent|thinks|wants|claims|likes|hates|loves|asks|charges|offers|promises|has been|(?:out)?sells?|converts?|performs?|grows?|attracts?|costs|remains|"
    r"has (?:twice|three times|more|fewer|many|a lot|lots|the (?:most|best|bigger|larger|better))|is (?:growing|strong|weak|bigger|larger|smaller|better|worse|stronger|weaker|cheaper|dearer|important|our)|"
    r"have been|has \w{3,}ed|is being|keeps)\b"
)
#: `the new alpha contract was signed`, `beta's account manager left`: no word on where to spend.
_DETERMINED = re.compile(r"\b(?:the|our|my|an?|their|your|his|her|this|that)\s+(?:[a-z]+\s+)?$")
_NOUN_NARRATES = re.compile(
    r"(?:'s)?(?:\s+(?!(?:budget|share|spend|plan|part|campaign|flight|ad|placement|cap|limit|money|network|retailer|store|shop|"
    r"allocation|line|cell|activity|media|display|video|search|audio|minimum|maximum|floor|ceiling|test|option|deal|portion|half)s?\b"
    r"|(?:and|or|but|is|are|be|been|was|were|has|have|had|should|must|may|can|will|would|could|shall|not|never|which|that|who|at|on|in|with|"
    r"for|to|as|of|by|from|only|gets?|takes?|needs?|wants?|alone|if|so)\b)[a-z]+){1,2}"
    + _NARRATES.pattern
)
_ACTS = re.compile(
    r"(?:'s\b|\s+(?:should|must|may|can|will|would|could|is|isn't|has|gets?|takes?|needs?|wants?|stays?|remains?)\b)"
)


def _told_of(reading: Reading, anchor: Anchor, limited: Sequence[Anchor]) -> bool:
    """`Beta underperformed`, `Alpha's share should ... alpha 60%`: the subject of a tale or a limit, no place to spend."""
    text = reading.text
    led = _DETERMINED.search(text.low[: anchor.start])
    owned = "'s" in text.low[anchor.end - 2 : anchor.end + 2]
    start = led.start() if led else anchor.start
    if (led or owned) and _NOUN_NARRATES.match(text.low, anchor.end):
        return _OPENS.search(text.low[:start]) is not None
    if not _OPENS.search(text.low[: anchor.start]):
        return False
    if _NARRATES.match(text.low, anchor.end):
        return True
    ids = {i for m in anchor.mentions for i in m.ids}
    bounded = {i for t in limited for m in t.mentions for i in m.ids}
    return ids <= bounded and _ACTS.match(text.low, anchor.end) is not None


#: `Alpha: I don't care`.
_CARELESS = re.compile(
    r"\s+has\s+(?:none|no\s+(?:such\s+)?(?:caps?|limits?|ceilings?|floors?|minimum|maximum|restrictions?|rules?))\b|\s+whatever\b|\s+(?:he|she|they|we|i|the client|nobody|finance|papa|mama)\s+(?:doesn't|does not|don't|do not) (?:really )?(?:care|mind)\b|"
    r"\s*[:,-]\s*(?:i |we )?(?:don't|do not|couldn't|could not) (?:really )?(?:care|mind)|\s*[:-]\s*(?:no (?:preference|limit|rule|cap|opinion)|whatever|doesn't matter|up to you|free|open|anything goes)\b"
)
_WANTED = re.compile(
    r"\b(?:wanted|asked for|pushed for|argued for|voted for|suggested|proposed|preferred|demanded|favou?red|lobbied for|pleaded for|hoped for|"
    r"would have|would like|would love|thought of|dreamt of|insisted on)\b[^.;!?\d]*$"
)


def _wanted_once(
    reading: Reading, anchor: Anchor, ids: set[str], limited: Sequence[Anchor]
) -> bool:
    """`two of them wanted everything at alpha, but 60 percent is the compromise there`."""
    text = reading.text
    if any(anchor is a for a in limited):
        return False
    before = text.low[text.sentence(anchor.start)[0] : anchor.start]
    bounded = {i for t in limited for m in t.mentions for i in m.ids if t.start >= anchor.start}
    return ids <= bounded and _WANTED.search(before) is not None


def _meant(reading: Reading, anchor: Anchor, limited: Anchor) -> bool:
    """`alpha and beta, if neither takes more than 70%`: names within a limit all the same."""
    text, ids = reading.text, {i for m in anchor.mentions for i in m.ids}
    if re.match(r"\s+both\b", text.low[anchor.end :]):
        return False
    if limited.topic is not Topic.NAMES or not limited.mentions[0].pronoun:
        return False
    same = text.sentence(anchor.start) == text.sentence(limited.start)
    # `Beta was weak. No more than 20% there.`: a limit, no wish to spend at beta alone.
    return (same or len(ids) == 1) and ids <= {i for m in limited.mentions for i in m.ids}


def _beside_compared(reading: Reading, anchor: Anchor) -> bool:
    """`alpha gets 10 points more than beta` names no place to spend alone."""
    here = reading.text.sentence(anchor.start)
    return any(
        a.scope is Scope.RETAILER and reading.text.sentence(a.start) == here
        and _compares(reading, a.start, a.end)
        for a in reading.places
    )  # fmt: skip


def _any_of(reading: Reading, anchor: Anchor) -> bool:
    """`any retailer` without a limit names nobody; `both retailers` does."""
    said = reading.text.low[anchor.start : anchor.end]
    return anchor.mentions[0].every and not re.search(r"\b(?:both|the two|our two)\b", said)


def _compares(reading: Reading, start: int, end: int) -> bool:
    """`bigger than alpha`: named to compare with, not to spend at."""
    left, _ = reading.text.clause(start, end)
    return bool(
        re.search(
            r"\b(?:than|compared to|compared with|exceed|as (?:much|many|big|large|strong|good|well|high|often) as)\s+$",
            reading.text.low[left:start],
        )
    )


def _positive(reading: Reading, names: set[str]) -> bool:
    return any(
        r.purpose is Purpose.LIMIT and r.value.low > 0 and r.anchor is not None
        and names & {i for m in r.anchor.mentions for i in m.ids}
        for r in reading.roles
    )  # fmt: skip
