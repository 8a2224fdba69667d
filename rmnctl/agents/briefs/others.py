"""Whose clause it is: of those who plan, or of others such as a vendor, a parent company, a colleague.

A clause whose subject is none of the plan's is no word on the plan: `the agency takes 20%`. Who
decides for the plan (client, board, finance) and what belongs to it (budget, retailers, limits)
is never another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rmnctl.agents.briefs.mentions import Mention, Scope
from rmnctl.agents.briefs.text import Text

_OURS = re.compile(
    r"\b(?:budgets?|plans?|campaigns?|flights?|brands?|clients?|advertisers?|goals?|objectives?|aims?|targets?|kpis?|limits?|caps?|"
    r"floors?|ceilings?|shares?|spend|spending|money|amounts?|totals?|sums?|retailers?|networks?|placements?|formats?|cells?|"
    r"lines?|combinations?|tests?|testing|experiments?|roas|returns?|horizons?|durations?|periods?|rest|remainder|minimum|maximum|"
    r"priorit\w+|teams?|board|finance|management|boss|cfo|ceo|cmo|directors?|headquarters|hq|controllers?|procurement|"
    r"leadership|activity|display|video|search|audio|products?|ads?|media|funds?|funding|investment|pot|wallet|kitty|envelope|"
    r"allocation|run|term|launch|push|promotion|majority|most|half|third|quarter|tenth|fifth|others?|former|latter|numbers?|"
    r"figures?|brief|request|deal|burst|split|partners?|stores?|channels?|cash|purse|department|marketing|account|rules?|strateg\w+|contracts?|agreements?|ideas?|preferences?|polic\w+|wish\w*|window|whole|things?|concept|"
    r"proposal|mandate|guidelines?|conditions?|intentions?|decisions?|requirements?|commitment|direction|approach|answer|ask|action|ads?)\b"
)
_LEAD = (
    r"(?:^|[,;:.!?()\n]\s*|\b(?:and|but|while|whereas|because|since|as|that|when|although|though|so)\s+)"
    r"(?:by the way,?\s+)?"
)
_VERB = (
    r"(?:is|are|was|were|has|have|had|wants?|wanted|asks?|asked|demands?|spends?|spent|invests?|employs?|turns?|takes?|took|costs?|"
    r"pays?|paid|says?|said|thinks?|thought|likes?|loves?|loved|offers?|offered|suggests?|suggested|dreams?|hopes?|believes?|makes?|"
    r"made|sells?|sold|runs?|ran|leaves?|left|retires?|lasts?|lasted|needs?|needed|counted|recommends?|recommended|proposes?|"
    r"proposed|earns?|charges?|charged|bills?|billed|owes?|burn(?:s|ed|t)|goes|went|gets?|got|puts?|gives?|gave|uses?|used|buys?|bought|reports?|reported|comes?|came|starts?|started|works?|worked)"
)
_SUBJECT = re.compile(
    _LEAD
    + r"(?P<np>(?:the|an?|our|my|their|his|her|its|some|another|one of (?:the|our|my))\s+(?:[a-z'-]+\s+){0,3}?[a-z'-]+"
    + r"|she|he|somebody|someone|others|everyone else|(?:other|most|some|many) (?:brands|people|clients|teams|companies|advertisers)|competitors|rivals)\s+(?:\w+ly\s+|also\s+|still\s+|just\s+|once\s+|always\s+)?(?P<verb>"
    + _VERB
    + r")\b"
)
#: Verbs of opinion: what follows is what others would do.
_OPINION = re.compile(
    r"(?:ask|dream|hope|believ|think|thought|like|lov|suggest|recommend|propos|want|demand|offer)\w*"
)


#: Verbs that say little of who acts: `the whole thing is four weeks`, `the action runs 20 days`.
COPULAS = re.compile(
    r"is|are|was|were|lasts?|lasted|runs?|ran|starts?|started|needs?|goes|gets?|works?|comes?|has|have|takes?(?= up to)"
)


#: Family and friends act for themselves even in the middle of a sentence without commas.
_KIN = re.compile(
    r"\b(?P<np>(?:my|his|her|your)\s+(?:[a-z'-]+\s+){0,2}?(?:grand(?:father|mother|pa|ma|dad|parents)|father|mother|dad|mum|mom|parents|uncle|aunt|"
    r"cousin|brother|sister|son|daughter|wife|husband|neighbou?r|friend|kids?|landlord|dentist|doctor|mechanic|plumber|cat|dog))\s+"
    r"(?:\w+ly\s+|just\s+|once\s+)?(?P<verb>[a-z]+)\b"
)


def subject_of(text: Text, start: int, named: Sequence[Mention]) -> re.Match[str] | None:
    """The subject and verb of another before a position in its clause, if there is one."""
    left = text.sentence(start)[0]
    hits = [h for h in _SUBJECT.finditer(text.low, max(0, left - 2), start) if not _ours(h, named)]
    hits += _KIN.finditer(text.low, left, start)
    if not hits:
        return None
    last = hits[-1]
    # `..., but we have`: someone of the plan speaks since.
    between = text.low[last.end() : start]
    since = re.search(r"[,;:(]|\b(?:and|but|so|while)\b", between)
    again = since and re.search(
        r"\b(?:so|therefore|hence|we|i|you|please|it|keep|let)\b|\$", between[since.start() :]
    )
    named_since = any(last.end() <= m.start < start and m.scope is Scope.BRAND for m in named)
    return None if again or named_since else last


def _ours(hit: re.Match[str], named: Sequence[Mention]) -> bool:
    if hit["np"] != "others" and _OURS.search(hit["np"]):
        return True
    start, end = hit.span("np")
    return any(start <= m.start < end for m in named)


#: Where money also goes, none of it the plan's.
OTHER_MEDIA = re.compile(
    r"\b(?:tv|television|print|newspapers?|magazines?|billboards?|out[- ]of[- ]home|ooh|dooh|social(?: media)?|facebook|google|instagram|tiktok|youtube|"
    r"influencers?|pr|cinema|sponsorships?|trade (?:marketing|promotions?)|sampling|flyers|leaflets|seo|crm)\b"
)
_STRANGER = re.compile(
    r"\b(?:others?|everyone else|most|some|many|competitors?|competition|rivals?|agency|agencies|parent|group|neighbou?r|industry|market|vendor|studio|printer|"
    r"company|colleagues?|sister|daughter|son|wife|husband|friend|grand\w+|father|mother|dad|mum|mom|parents|uncle|aunt|cousin|brother|landlord|dentist|doctor|mechanic|plumber|intern|predecessor|house|firm|supplier|factory)\b"
)


def is_stranger(subject: re.Match[str]) -> bool:
    """Whether a subject hardly ever decides on a plan."""
    return _STRANGER.search(subject["np"]) is not None


def opinion_of(text: Text, start: int, named: Sequence[Mention]) -> bool:
    """Whether a position stands in what another thinks, wants or suggests."""
    subject = subject_of(text, start, named)
    return subject is not None and _OPINION.match(subject["verb"]) is not None


_AS_BUDGET = re.compile(r"\b(?:as|for)\s+(?:the|our|a|its)\s+(?:\w+\s+)?budget\b")


def money_of_others(text: Text, start: int, named: Sequence[Mention]) -> bool:
    """Whether an amount is what another has, pays or wants; not what a deck says the budget is."""
    subject = subject_of(text, start, named)
    if subject is None or subject["verb"].startswith(("say", "said", "is", "are")):
        return False
    between = text.low[subject.end() : start]
    if subject["verb"] in {"gives", "give", "gave"} and re.search(r"\b(?:us|me)\b", between):
        return False
    if _AS_BUDGET.search(text.low, start, text.sentence(start)[1]):
        return False
    left, right = text.clause(start, start + 1)
    branded = any(m.scope is Scope.BRAND and left <= m.start < right for m in named)
    return not branded and not re.search(
        r"\b(?:budgets?|campaign|plan|approved|agreed|released|confirmed|granted|allocated)\b",
        between,
    )


_RUMOUR = re.compile(
    r"\b(?:(?:we|i|they)(?:'ve|'ve just| just| have| also)? (?:heard|read|learnt|learned|hear)|rumou?r\w*|word (?:is|has it|on the street)|apparently|"
    r"allegedly|reportedly|supposedly|they say|people say|(?:is|are) said to|gossip|grapevine|whispers?|leaked|trade press|the press)\b"
)
_OWN = re.compile(
    r"\b(?:we|our|ours|us|i|my)\b|\b(?:the|this|an?|total|approved|new)\s+(?:\w+\s+)?(?:plan|campaign|flight|budget|brief|spend|amount|client|brand)\b"
)


def hearsay(text: Text, start: int, named: Sequence[Mention]) -> bool:
    """Whether a position stands in what is rumoured, or told of a brand that is not known."""
    left = text.sentence(start)[0]
    here = [m for m in named if m.scope is Scope.BRAND and left <= m.start < start]
    if any(m.ids for m in here):
        return False
    cues = list(_RUMOUR.finditer(text.low, left, start))
    since = cues[-1].end() if cues else here[-1].end if here else None
    return since is not None and not _OWN.search(text.low, since, start)


_UNDECIDED = re.compile(
    r"(?:dream|hope|believ|think|thought|suggest|recommend|propos|pitch|advis|float|guess|estimat|reckon|imagin|would)\w*"
)
_ADVISER = re.compile(
    r"\b(?:analysts?|consultants?|advisers?|advisors?|forecasts?|reports?|stud(?:y|ies)|benchmarks?|research\w*|models?|tools?|"
    r"calculators?|freelancers?|account manager|rep|planners?|decks?)\b"
)
_TAKEN_UP = re.compile(
    r"\b(?:go with (?:that|it|this)|let's do (?:that|it|this)|we agree|agreed|accept\w*|approv\w*|signed off|fine (?:by|with) (?:us|me)|we(?:'ll| will) (?:take|follow|do)|"
    r"so be it|works for (?:us|me)|that(?:'s| is) (?:it|fine|what we)|confirmed|go ahead|sounds? (?:good|right)|ok(?:ay)? (?:by|with|for) (?:us|me))\b"
)


def only_advised(text: Text, start: int, named: Sequence[Mention]) -> bool:
    """Whether an amount is what an adviser thinks, and nobody of the plan took it up."""
    subject = subject_of(text, start, named) or _SUBJECT_OF_ADVISER.search(
        text.low, text.sentence(start)[0], start
    )
    if subject is None or not _UNDECIDED.fullmatch(subject["verb"]):
        return False
    who = is_stranger(subject) or _ADVISER.search(subject["np"])
    return bool(who) and not _TAKEN_UP.search(text.low, start)


_SUBJECT_OF_ADVISER = re.compile(
    rf"(?P<np>(?:an?|the|our|their|one|some)\s+(?:[a-z'-]+\s+){{0,3}}?{_ADVISER.pattern})\s+(?:\w+ly\s+|would\s+|also\s+)?(?P<verb>"
    r"(?:recommend|suggest|propos|advis|pitch|float|estimat|think|believ|reckon)\w*)\b"
)
