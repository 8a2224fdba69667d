"""Set phrases, which say nothing of a plan though their words do: `thanks a million`, `my two cents`.

They are blanked before anything else is read, character by character, so that no number, name or
goal is ever found in them.
"""

from __future__ import annotations

import re
from dataclasses import replace

from rmnctl.agents.briefs.text import Text, find

_MANY = r"(?:(?:an?|one|ten|\d+)\s+)?(?:hundred|thousand|million|billion|zillion|1,?000(?:,?000)?)"
_COUNTLESS = (
    rf"(?:thanks|thank\s+you|thx|sorry|apologies)(?:\s+you)?(?:\s+so\s+much)?,?\s+{_MANY}(?:\s+times)?"
    rf"|{_MANY}\s+(?:thanks|thank[-\s]yous?|apologies|pardons|greetings|regards|kisses|miles|ideas|pieces)"
    rf"|{_MANY}\s+(?:other\s+|different\s+)?(?:things|questions|reasons|emails|mails|meetings|calls|problems)"
    rf"|(?:one|you)\s+in\s+{_MANY}(?!\s+(?:usd|dollars|euros))"
    r"|(?:like|feels?\s+like|worth)\s+a\s+million\s+(?:bucks|dollars)"
    rf"|(?:{_MANY}|64,?000|sixty[-\s]four[-\s]thousand)[-\s]dollar[-\s]question"
)
#: `ran 10k this morning`.
_SPORT = (
    r"(?:ran|jogged|walked|cycled|swam|biked|rowed)\s+(?:an?\s+|my\s+|the\s+|another\s+)?(?:first\s+|charity\s+)?\d+\s?k(?!\s*(?:usd|eur|dollars|euros|on\b|at\b|with\b|of\b))"
    r"|\d+\s?k\s+(?:run|race|walk|ride|jog|swim)"
)
_SURE = (
    r"(?:\d{2,3}\s?%|(?:\d{2,3}|(?:an?\s+|one\s+)?hundred(?:\s+and\s+(?:ten|one|fifty))?)\s+per\s?cent)\s+"
    r"(?:sure|certain|clear|convinced|confident|honest|behind|committed|agree\w*|with\s+you|on\s+board|happy|"
    r"right|ready|there\s+yet|positive|serious|aligned|your\s+opinion|of\s+your\s+opinion|supportive|focused)"
    r"|(?:give|gave|giving|gives)\s+(?:it\s+|us\s+|me\s+)?(?:our\s+|your\s+|my\s+|their\s+)?1[0-5]0\s?(?:%|per\s?cent)"
    r"(?!\s+(?:of|on|to|in|at))"
    r"|(?:50|fifty)\s?[-/]\s?(?:50|fifty)\s+(?:chance|whether|if)"
)
#: `Bottom line: we have 50k`; `the bottom line is what counts` is a goal.
_DISCOURSE = (
    r"(?:(?<=[.!?;]\s)|(?<=\n)|^)(?:so,?\s+)?(?:the\s+)?bottom\s+line(?:\s+is(?:\s+that)?\s+"
    r"(?=we\b|i\b|you\b|they\b|there\b|it\b|harbor|northfield|[$\u20ac\u00a3\d])|\s*[:,])"
)
#: `the plan in three lines`.
_TOLD_IN = (
    r"in\s+(?:one|two|three|four|five|six|seven|eight|ten|a\s+few|\d{1,2})\s+(?:short\s+|simple\s+|quick\s+)?"
    r"(?:lines|words|sentences|points|bullets|bullet\s+points|steps|line|sentence|breath|paragraphs?)"
)
_SHAPES = re.compile(
    rf"(?<![\w$\u20ac\u00a3])(?:{_COUNTLESS}|{_SPORT}|{_SURE}|{_TOLD_IN})(?![\w])|{_DISCOURSE}"
)


def without_idioms(text: Text) -> Text:
    """The same text with its set phrases blanked; positions and quotes stay."""
    spans = [m.span() for m in (*_SHAPES.finditer(text.low), *find("idioms", text))]
    if not spans:
        return text
    low, plain = list(text.low), list(text.plain)
    for start, end in spans:
        for place in range(start, end):
            if text.low[place].isalnum() or text.low[place] in "%$":
                low[place] = plain[place] = _BLANK
    tokens = tuple(replace(t, text="".join(low[t.start : t.end])) for t in text.tokens)
    return replace(text, low="".join(low), plain="".join(plain), tokens=tokens)


#: No letter and no end of a clause.
_BLANK = "\u00a4"
