"""Checks of images by their metadata; nothing is measured that the facts do not say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rmnctl.compliance.kinds.compiled import Compiled
from rmnctl.compliance.pack import Measure
from rmnctl.compliance.subject import Hit, Subject, entries


def _fault(measure: Measure, subject: Subject) -> str | None:
    value = subject.fact(measure.fact)
    if value is None:
        return None
    if isinstance(value, str | list):
        words = {text.lower().strip() for text in entries(value)}
        if measure.one_of and not words & set(measure.one_of):
            return f"{measure.fact} must be {' or '.join(measure.one_of)}."
        if words & set(measure.none_of):
            return f"{measure.fact} must not be {' or '.join(measure.none_of)}."
        if measure.maximum is not None and len(str(value)) > measure.maximum:
            return (
                f"{measure.fact} has {len(str(value))} characters; {measure.maximum:g} are allowed."
            )
        return None
    if measure.minimum is not None and value < measure.minimum:
        return f"{measure.fact} is {value:g}; at least {measure.minimum:g} is needed."
    if measure.maximum is not None and value > measure.maximum:
        return f"{measure.fact} is {value:g}; at most {measure.maximum:g} is allowed."
    return None


def measure(compiled: Compiled, subject: Subject) -> Iterator[Hit]:
    """Numbers and words of an asset within their bounds."""
    for one in compiled.check.measures:
        fault = _fault(one, subject)
        if fault:
            yield Hit(subject.whole(), message=f"{compiled.rule.message} {fault}")


def luminance(color: str) -> float | None:
    """Relative luminance of `#rrggbb` or `#rgb`, 0 to 1 (WCAG 2.1); None for another text."""
    digits = color.strip().lstrip("#")
    if len(digits) == 3:
        digits = "".join(c * 2 for c in digits)
    if not re.fullmatch(r"[0-9a-fA-F]{6}", digits):
        return None
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float | None:
    """WCAG contrast ratio of two colours, 1 to 21; None where one cannot be read."""
    one, two = luminance(first), luminance(second)
    if one is None or two is None:
        return None
    return (max(one, two) + 0.05) / (min(one, two) + 0.05)
