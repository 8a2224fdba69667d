"""A brief as tokens with positions, and the boundaries between its sentences and clauses."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

_PLAIN = str.maketrans(
    {
        "\u2019": "'", "\u2018": "'", "\u00b4": "'", "\u201c": '"', "\u201d": '"',
        "\u2013": "-", "\u2014": "-", "\u2212": "-", "\u2010": "-", "\u2011": "-",
        "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\t": " ", "\u00d7": "x",
    }
)  # fmt: skip
_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+|[^\w\s]|_", re.IGNORECASE)
#: `Period ....... 12 weeks`: dots or lines that lead from a key to its value.
_LEADERS = re.compile(r"(?<=[^\s.]) (?:\.{2,}|_{2,}|-{3,}|={2,}) (?=\S)")
_SHORT = re.compile(
    r"(?:\b(?:max|min|approx|e\.g|i\.e|resp|incl|excl|ca|vs|st|mr|ms|mrs|dr|tel|inc|ltd|acc|"
    r"pls|wk|wks|mo|yr|cap|exp|w|u\.s|avg|spons|spon))$",
    re.IGNORECASE,
)
#: `alpha n beta`.
_AND = re.compile(r"(?<=[a-z] )n(?= [a-z])")
_CAP = re.compile(
    r"(?:^|[.!?\n;]\s*)(?:cap|limit|max|min|maximum|minimum|hold|floor|guarantee)\s+[\w-]+(?: [\w-]+)?$"
)
_END = re.compile(r"[.!?]+(?=\s|$|[)\"'])|\n\s*\n|\n|;|\u2022|\u00b7|\||\u2192|->|\s/\s|\s--+\s")
_WEAK = re.compile(
    r",(?!\d)|\s-\s|\(|\)|\b(?:and|but|while|whereas|plus|though|although|however|yet|or|then|"
    r"so|with|because|if|also)\b"
)


@dataclass(frozen=True)
class Token:
    """A word, number or sign, in lower case."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Text:
    """A brief ready to be read.

    Attributes:
        original: As it was typed.
        plain: Same length, plain quotes, dashes and blanks.
        low: Same length, lower case.
        tokens: In order.
        ends: Where sentences, lines and list items end.
        joints: Where clauses within them are joined.
    """

    original: str
    plain: str
    low: str
    tokens: tuple[Token, ...]
    ends: tuple[int, ...]
    joints: tuple[int, ...]

    def sentence(self, position: int) -> tuple[int, int]:
        """Start and end of the sentence, line or list item around a position."""
        after = bisect_left(self.ends, position + 1)
        start = self.ends[after - 1] if after else 0
        return start, self.ends[after] if after < len(self.ends) else len(self.low)

    def clause(self, start: int, end: int) -> tuple[int, int]:
        """Start and end of the clause around a span."""
        left, right = self.sentence(start)
        before = [j for j in self.joints if left <= j <= start]
        after = [j for j in self.joints if end <= j < right]
        return (before[-1] if before else left), (after[0] if after else right)

    def crossings(self, start: int, end: int) -> tuple[int, int]:
        """How many sentence ends and clause joints lie between two positions."""
        ends = bisect_left(self.ends, end) - bisect_left(self.ends, start)
        joints = sum(1 for j in self.joints if start <= j < end)
        return ends, joints

    def words(self, start: int, end: int) -> int:
        """How many tokens lie between two positions."""
        return sum(1 for t in self.tokens if t.start >= start and t.end <= end)

    def quote(self, start: int, end: int) -> str:
        """The words as they were typed."""
        return " ".join(self.original[start:end].split())


def read_text(brief: str) -> Text:
    """Tokens and boundaries of a brief."""
    plain = _columns(brief).translate(_PLAIN)
    plain = _LEADERS.sub(lambda m: ":" + " " * (len(m[0]) - 1), plain)
    low = "".join(c.lower() if len(c.lower()) == 1 else c for c in plain)
    low = _AND.sub("&", low)
    tokens = tuple(Token(m[0], m.start(), m.end()) for m in _TOKEN.finditer(low))
    ends = tuple(m.end() for m in _END.finditer(low) if not _within(low, m))
    joints = tuple(m.start() for m in _WEAK.finditer(low))
    return Text(brief, plain, low, tokens, ends, joints)


#: `| budget | $50,000 |`, `BUDGET     USD 55,000`: a key and its value in columns.
_ROW = re.compile(r"(?m)^( *\|[^|\n]*[A-Za-z][^|\n]*)\|(?=[^|\n]*\w[^|\n]*\|(?:[^|\n\d]*\|)* *$)")
_ALIGNED = re.compile(
    r"(?m)^( *[A-Za-z][\w/.()-]*(?: [\w/.()-]+){0,3})(?:\t| {2})(?= *\t*[^\s:=|-][^\t\n]*$)"
)


def _columns(brief: str) -> str:
    """The same text with colons between the keys and values of tables, position by position."""
    brief = _ROW.sub(lambda m: m[1] + ":", brief)
    if len(_ALIGNED.findall(brief)) > 1:
        brief = _ALIGNED.sub(lambda m: m[1] + ":" + " " * (len(m[0]) - len(m[1]) - 1), brief)
    return brief


_KEYED_NAMES = re.compile(
    r"[-* ]*[a-z][a-z ()]*\b(?:excluded|exclusions?|exclude|not allowed|no-gos?)\s*:[^:\d]*"
)
_NAMES = re.compile(r"[a-z ,;]+")
_PART = re.compile(r"(?:^|\s)[a-z]+ \d{1,2}\s?%?(?![\d.,]*\d|k)(?=\s|$)")


#: `spons. prod. max 20%`: a clipped name and what bounds it.
_CLIPPED = re.compile(r"\b(?:prods?|displ?)$")
_BOUND = re.compile(
    r"\s+(?:\d|max\b|min\b|at (?:most|least)|up to|no (?:more|less)|under|below|above|over|[<>=\u2264\u2265])"
)


def _within(low: str, end: re.Match[str]) -> bool:
    """Whether this is no end: an abbreviation's point, or a line that was only wrapped."""
    if end[0].startswith("..") and re.match(r" ?[a-z]", low[end.end() :]):
        # A pause: the sentence goes on. Lower case is all there is, so a correction must say so.
        return pattern("correction").match(low, end.end() + 1) is not None
    if end[0] == ".":
        if _CAP.search(low, max(0, end.start() - 40), end.start()):
            # `Cap alpha. 45%, that's it.` is one statement.
            return re.match(r"\s*[\d.]+\s?(?:%|percent)", low[end.end() :]) is not None
        if _CLIPPED.search(low, max(0, end.start() - 6), end.start()):
            return _BOUND.match(low, end.end()) is not None
        return bool(_SHORT.search(low, max(0, end.start() - 8), end.start()))
    if end[0][0] == "?":
        # `Video? No.` is one statement.
        start = max(low.rfind(c, 0, end.start()) for c in ".!?\n;")
        return len(low[start + 1 : end.start()].split()) <= 3
    if end[0] == ";":
        # `Excluded: video; onsite display`: one list, if neither keys nor numbers follow.
        line = low[low.rfind("\n", 0, end.start()) + 1 : end.start()]
        more = low[end.end() :].split("\n", 1)[0]
        return bool(_KEYED_NAMES.fullmatch(line) and _NAMES.fullmatch(more))
    if end[0].strip() == "/":
        # `alpha 70 / beta 30`
        return bool(_PART.search(low[: end.start()][-24:]) and _PART.match(low[end.end() :]))
    if end[0] == "\n":
        following = low[end.end() : end.end() + 1]
        before = low[: end.start()].rstrip()[-1:]
        long_line = end.start() - (low.rfind("\n", 0, end.start()) + 1) > 50
        return long_line and following.isalpha() and before not in {".", ":", "!", "?", ";"}
    return False


@cache
def lexicon() -> dict[str, Any]:
    """The shipped words, as `lexicon.yaml` has them."""
    text = files(__package__).joinpath("lexicon.yaml").read_text(encoding="utf-8")
    # Every word is text: `no`, `off` and `on` are not truth values here.
    data: dict[str, Any] = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506
    return data


@cache
def pattern(group: str) -> re.Pattern[str]:
    """A group of the lexicon as one pattern, longest phrase first, on lower-case text."""
    listed = list(map(str, lexicon()[group]))
    # `is not to be used`, `isn't to be used`.
    short = [f"{verb}n't {p[4:]}" for p in listed if p.startswith("not ") for verb in ("is", "are")]
    phrases = sorted([*listed, *(short if group == "exclude_after" else ())], key=len, reverse=True)
    return re.compile("|".join(phrase_pattern(p) for p in phrases))


def phrase_pattern(phrase: str) -> str:
    r"""A phrase with flexible blanks; `*` is any word ending, ` _ ` up to three words."""
    made = re.escape(phrase).replace(r"\*", r"[a-z'-]*")
    made = re.sub(r"(?:\\ |\s)+", r"[\\s-]+", made)
    made = re.sub(r"\[\\s-\]\+_\[\\s-\]\+", r"[\\s-]+(?:[\\w'-]+\\s+){0,3}", made)
    left = r"(?<![a-z0-9_])" if phrase[0].isalnum() else ""
    right = r"(?![a-z0-9])" if phrase[-1].isalnum() else ""
    return f"{left}(?:{made}){right}"


def find(group: str, text: Text, start: int = 0, end: int | None = None) -> list[re.Match[str]]:
    """Where phrases of a group stand."""
    stop = len(text.low) if end is None else end
    return list(pattern(group).finditer(text.low, start, stop))


def has(group: str, text: Text, start: int, end: int) -> bool:
    """Whether any phrase of a group stands there."""
    return pattern(group).search(text.low, start, end) is not None
