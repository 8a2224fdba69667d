"""Checks that need more than patterns: prices, histories, alt text, languages, contrast."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any

from rmnctl.compliance.claims import HOPELESS, SURE, probability_of
from rmnctl.compliance.kinds.assets import contrast
from rmnctl.compliance.kinds.compiled import Compiled
from rmnctl.compliance.kinds.dates import period
from rmnctl.compliance.kinds.layout import LAYOUT
from rmnctl.compliance.kinds.prices import amount, highest_price
from rmnctl.compliance.kinds.words import places
from rmnctl.compliance.letters import fold_pattern
from rmnctl.compliance.pack import Level
from rmnctl.compliance.patterns import Span
from rmnctl.compliance.subject import Hit, Subject
from rmnctl.compliance.vocabulary import Vocabulary

#: 16 CFR 233.1 says "a reasonably substantial period"; it names no number. Four weeks is the
#: customary reading, and EU law (98/6/EC Art. 6a) looks back 30 days.
SUBSTANTIAL_DAYS = 28


def _days(entry: Mapping[str, Any]) -> int | None:
    for key in entry:
        if "day" in key and isinstance(entry[key], int | float):
            return int(entry[key])
    start, end = period([entry])
    return (end - start).days + 1 if start and end else None


def _former_price(compiled: Compiled, subject: Subject) -> Iterator[Hit]:
    """A former price must have been asked, openly and for a substantial time."""
    text = subject.text.folded
    history = subject.facts.price_history
    records = [e for e in history or () if isinstance(e, Mapping)]
    for start, end in places(compiled, subject):
        span = text.span(start, end)
        if history is None:
            yield Hit(span, level=Level.NEEDS_FACTS, missing=("price_history",))
            continue
        if not history:
            yield Hit(span)
            continue
        words = text.text[start:end]
        stated = highest_price(words) or highest_price(text.text[start : end + 12]) or amount(words)
        asked = [
            (value, _days(r))
            for r in records
            for key in r
            if "price" in key and (value := amount(str(r[key]))) is not None
        ]
        if stated is None or not asked:
            continue
        long_enough = [
            p
            for p, days in asked
            if p >= stated - 0.005 and (days is None or days >= SUBSTANTIAL_DAYS)
        ]
        if not long_enough:
            yield Hit(
                span, message="The former price was not asked for a substantial time (four weeks)."
            )


def _free_offers(compiled: Compiled, subject: Subject) -> Iterator[Hit]:
    """A free offer may run six months in twelve, three times, thirty days apart."""
    runs = sorted(
        (start, end)
        for entry in subject.facts.offer_history or ()
        for start, end in [period([entry])]
        if start and end
    )
    flight = period(subject.facts.flight) if subject.facts.flight else (None, None)
    if flight[0] and flight[1]:
        runs = sorted({*runs, (flight[0], flight[1])})
    found = places(compiled, subject)
    if not runs or not found:
        return
    latest = max(end for _, end in runs)
    year = [
        (max(s, latest - timedelta(days=364)), e) for s, e in runs if e > latest - timedelta(365)
    ]
    days = len({s + timedelta(n) for s, e in year for n in range((e - s).days + 1)})
    gaps = [(b[0] - a[1]).days for a, b in pairwise(year)]
    faults = []
    if days > 183:
        faults.append(f"it runs {days} days in twelve months; six months are allowed")
    if len(year) > 3:
        faults.append(f"it runs {len(year)} times in twelve months; three are allowed")
    if any(gap < 30 for gap in gaps):
        faults.append("two runs are less than 30 days apart")
    if faults:
        span = subject.text.folded.span(*found[0])
        yield Hit(span, message=f"The free offer is no offer any more: {'; '.join(faults)}.")


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[\w%$€£]+", fold_pattern(text).lower()))


def _alt_text(compiled: Compiled, subject: Subject) -> Iterator[Hit]:
    """Alt text holds the brand or product and all words shown, fine print too."""
    del compiled
    facts, alt = subject.facts, f" {_plain(subject.text.shown.text)} "
    if not alt.strip():
        yield Hit(subject.whole(), message="Alt text is required.")
        return
    names = [*(facts.brand or ()), *(facts.product or ())]
    if facts.brand is None and facts.product is None:
        yield Hit(subject.whole(), level=Level.NEEDS_FACTS, missing=("brand",))
    elif not any(f" {_plain(n)} " in alt for n in names):
        yield Hit(subject.whole(), message="Alt text does not name the brand or product.")
    shown = ("headline", "cta", "disclaimer", "shown_text")
    if all(subject.fact(name) is None for name in shown):
        yield Hit(subject.whole(), level=Level.NEEDS_FACTS, missing=("shown_text",))
    for name in (*shown, "offer"):
        for words in subject.fact(name) or ():
            if isinstance(words, str) and _plain(words) and f" {_plain(words)} " not in alt:
                if name == "offer":
                    continue  # The offer is a fact about the ad, not necessarily words in it.
                yield Hit(
                    subject.whole(), message=f"Alt text lacks words shown in the ad ({name})."
                )
                break


_SCRIPTS = {
    "ja": r"[\u3040-\u30ff\u3400-\u9fff]", "zh": r"[\u3400-\u9fff]", "ko": r"[\uac00-\ud7af]",
    "ar": r"[\u0600-\u06ff]", "he": r"[\u0590-\u05ff]", "ru": r"[\u0400-\u04ff]",
    "el": r"[\u0370-\u03ff]", "th": r"[\u0e00-\u0e7f]", "hi": r"[\u0900-\u097f]",
}  # fmt: skip


def _accented(compiled: Compiled, text: str) -> set[str]:
    """Words with accents, if there are two that English has not taken over."""
    if text.isascii():
        return set()
    marked = {w.lower() for w in re.findall(r"[^\W\d_]+", text) if not w.isascii()}
    foreign = marked - compiled.words.loanwords
    return foreign if len(foreign) > 1 else set()


def _strange_letters(text: str) -> Span | None:
    """From the first to the last letter of another script, if there are three."""
    if not text.isascii():
        for script in _SCRIPTS.values():
            found = list(re.finditer(script, text))
            if len(found) >= 3:
                return found[0].start(), found[-1].end()
    return None


@lru_cache(maxsize=64)
def _small_elsewhere(words: Vocabulary, language: str) -> frozenset[str]:
    """The small words of all other languages; without two of them no copy is in one."""
    return frozenset[str]().union(
        *(s for name, s in words.small_words().items() if name != language)
    )


_LETTERS = re.compile(r"[^\W\d_]+")


def _language(compiled: Compiled, subject: Subject) -> Iterator[Hit]:
    """Text in the language of the site; silent unless another language is plain to see."""
    expected = subject.language
    if expected is None:
        return
    shown = subject.text.shown
    strange = _strange_letters(shown.text) if expected not in _SCRIPTS else None
    if strange is not None:
        yield Hit(shown.span(*strange))
        return
    small = compiled.words.small_words()
    folded = subject.text.folded.text
    words = set(_LETTERS.findall(folded))
    home = len(words & small.get(expected, frozenset()))
    if expected not in _SCRIPTS and home * 2 + 1 > len(words):
        return
    accented = _accented(compiled, shown.text) if expected == "en" and home <= 1 else set()
    if not accented and len(words & _small_elsewhere(compiled.words, expected)) < 2:
        return
    own = {w for s in subject.own_names(cased=False) for w in folded[slice(*s)].split()}
    if accented - own:
        yield Hit(subject.whole(), suggest="Write it in en.")
        return
    foreign = words - own
    counts = {lang: len(foreign & known) for lang, known in small.items()}
    home = counts.get(expected, 0)
    if expected in _SCRIPTS:
        native = re.search(_SCRIPTS[expected], shown.text)
        if native or len(words) < 3:
            return
        home = -1
    best = max(counts, key=counts.__getitem__)
    if best != expected and counts[best] >= max(2, home * 2 + 1) and counts[best] > home + 1:
        yield Hit(subject.whole(), suggest=f"Write it in {expected}.")


def _look_alikes(compiled: Compiled, subject: Subject) -> Iterator[Hit]:
    """Letters hidden, swapped or imitated inside words."""
    del compiled
    for span in subject.text.disguised[:5]:
        yield Hit(span)


def _contrast(compiled: Compiled, subject: Subject) -> Iterator[Hit]:
    """Text and background colours at least 4.5 to 1 apart (WCAG 2.1, 1.4.3)."""
    colors = subject.fact("image.colors") or []
    ratio = contrast(colors[0], colors[1]) if len(colors) > 1 else None
    if ratio is not None and ratio < 4.5:
        yield Hit(subject.whole(), message=f"{compiled.rule.message} The ratio is {ratio:.2f}.")


def _wide_image(compiled: Compiled, subject: Subject) -> Iterator[Hit]:
    """An image of 16 to 9, to the pixel that rounding leaves open."""
    width, height = subject.fact("image.width"), subject.fact("image.height")
    if width and height and abs(width * 9 - height * 16) > 16:
        yield Hit(subject.whole(), message=f"{compiled.rule.message} It is not 16:9.")


def _logo_text(compiled: Compiled, subject: Subject) -> Iterator[Hit]:
    """A logo holds no words but the brand's."""
    brands = {_plain(b) for b in subject.facts.brand or ()}
    if any(_plain(t) not in brands for t in subject.fact("logo.text") or ()):
        yield Hit(subject.whole(), message=f"{compiled.rule.message} It holds extra text.")


def _told_claim(compiled: Compiled, subject: Subject) -> Iterator[Hit]:
    """A claim of fact in words that no pattern knows, by what labelled copy has taught."""
    probable = probability_of(subject, HOPELESS)
    if probable is not None and probable >= SURE:
        message = compiled.check.message or compiled.rule.message
        yield Hit(subject.whole(), message=f"{message} ({probable:.2f} probable.)")


#: Checks by name.
SCRIPTS: dict[str, Callable[[Compiled, Subject], Iterator[Hit]]] = {
    "former_price": _former_price,
    "free_offers": _free_offers,
    "alt_text": _alt_text,
    "language": _language,
    "look_alikes": _look_alikes,
    "contrast": _contrast,
    "logo_text": _logo_text,
    "wide_image": _wide_image,
    "told_claim": _told_claim,
    **LAYOUT,
}
#: Scripts that look for their tokens; the others look at every copy.
WITH_TOKENS = frozenset({"former_price", "free_offers"})


__all__ = ["SCRIPTS", "SUBSTANTIAL_DAYS", "WITH_TOKENS"]
