"""What one name has and another gets too: `same for beta`, `ditto on search`, `Also audio.`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rmnctl.agents.briefs.anchors import Anchor, Topic
from rmnctl.agents.briefs.roles import Purpose, Role
from rmnctl.agents.briefs.text import Text

_SAME = (
    r"(?:(?:the |exactly the |much the )?(?:very )?same(?! (?:time|way|two|retailers?|networks?|brand))|ditto|idem|likewise|"
    r"similarly|identical(?:ly)?|equally)"
)
_NOUN = r"(?:again|caps?|limits?|floors?|ceilings?|minimum|maximum|share|slice|amount|thing|rule|rules|deal|treatment|range|figure|number|percentage|restriction|story)"
_TO = r"(?:applies|apply|goes|go|holds?|is true|stands|counts|with|for|to|on|at|in|as|be|should|must|shall|will|can|does|do|so|and|,|:|-|from|is)"
_BEFORE = re.compile(
    rf"(?<![a-z]){_SAME}\s*(?:{_NOUN}\s*)?(?:{_TO}\s*)*(?:the\s+|any\s+)?$"
    r"|(?<![a-z])(?:as|so|nor|neither)\s+(?:does|do|should|must|is|are|can|will|may)\s+(?:the\s+)?$"
    r"|(?:^|[.;\n,-]\s*)(?:and\s+|but\s+)?(?:also|so too)[,:]?\s+(?:on\s+|for\s+|no\s+)?(?:the\s+)?$"
)
_AFTER = re.compile(
    r"\s*(?:ads?|placements?|inventory)?\s*[,:=(?-]?\s*(?:(?:gets?|has|have|is|are|takes?|should|must|to|be|get|have|take|at|with|may|can|will|"
    r"receives?|needs?|follows?|under|by)\s+)*"
    rf"(?:{_SAME}(?![a-z])|too\b(?! (?:much|many|big|small|high|low|expensive|costly))|as well\b(?! as)|so)(?=\s*(?:{_NOUN})?\s*(?:[.,;:!?)\n-]|$|and\b|but\b|for\b|please\b))"
)


def alike(
    text: Text, roles: Sequence[Role], places: Sequence[Anchor], out: Sequence[Anchor]
) -> tuple[list[Role], list[Anchor]]:
    """Roles and exclusions, with those that a name shares with the one before it.

    Args:
        text: The brief.
        roles: Numbers with their purposes.
        places: All anchors.
        out: Anchors that get nothing.
    """
    made, gone = list(roles), list(out)
    for anchor in (a for a in places if a.topic is Topic.NAMES):
        own = any(r.anchor is anchor and r.purpose is Purpose.LIMIT for r in made)
        if own or anchor in gone or not _said(text, anchor):
            continue
        model = _model(made, gone, places, anchor)
        if model is None:
            continue
        if model in gone:
            gone.append(anchor)
        made += [
            replace(r, anchor=anchor, purpose=Purpose.LIMIT)
            for r in made
            if r.anchor is model and r.purpose in {Purpose.LIMIT, Purpose.EXPERIMENT}
        ]
    return made, sorted(gone, key=lambda a: a.start)


def _said(text: Text, anchor: Anchor) -> bool:
    """Whether the words beside a name say that it has what another has."""
    start, end = text.sentence(anchor.start)
    before = text.low[max(0, start - 1) : anchor.start]
    return bool(_BEFORE.search(before) or _AFTER.match(text.low, anchor.end, end + 1))


def _model(
    roles: Sequence[Role], gone: Sequence[Anchor], places: Sequence[Anchor], anchor: Anchor
) -> Anchor | None:
    """The last anchor before that says something; names of the same kind are preferred."""
    told = [
        a
        for a in places
        if a.end <= anchor.start
        and (
            a in gone
            or any(
                r.anchor is a and r.purpose in {Purpose.LIMIT, Purpose.EXPERIMENT} for r in roles
            )
        )
    ]
    kin = [a for a in told if a.scope is anchor.scope]
    return (kin or told)[-1] if told else None
