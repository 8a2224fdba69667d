"""The headline of a comparison: the answer to its question in one sentence."""

from __future__ import annotations

from dataclasses import dataclass

from rmnctl.comparison.document import ComparisonResult, Delta
from rmnctl.reporting.comparison_figures import Writer, above_zero, percent, words_of
from rmnctl.reporting.page import Level

#: With whose plan clean-room data alone are compared, the first that was played.
_RICHER = (
    ("full_data", "event-level data and the brand's private table"),
    ("joined", "the brand's private table beside the same release"),
    ("federated", "what the composed model answers beside the same release"),
)


@dataclass(frozen=True)
class Headline:
    """The answer, what it rests on, and how far to trust it.

    Attributes:
        level: Bad where a guard or a gate failed, warn where none was run.
        word: The same in words.
        answer: One sentence.
        lead: The figures behind it.
        remarks: What a reader must know besides: what failed, what is missing.
    """

    level: Level
    word: str
    answer: str
    lead: str
    remarks: tuple[str, ...]


def headline(found: ComparisonResult) -> Headline:
    """What planning with clean-room data alone costs, as far as this comparison can say."""
    writer = Writer.of(found)
    level, word = _trust(found)
    answer, lead = _alone(found, writer)
    for arm, words in _RICHER:
        delta = found.deltas.get(f"{arm}_vs_clean_room", {}).get(found.primary_metric)
        if delta is not None:
            answer = _answer(delta, found, writer)
            lead = (
                f"With {words} the same request brings {writer.more(delta)}; it is better in "
                f"{percent(delta.win_rate)} of them. Simulated market {found.market}."
            )
            break
    return Headline(level, word, answer, lead, _remarks(found))


def _alone(found: ComparisonResult, writer: Writer) -> tuple[str, str]:
    base = found.arms["clean_room"].metrics[found.primary_metric]
    lead = (
        f"The plan brings {writer.value(base.mean, 'money')} {found.currency} of "
        f"{words_of(found.primary_metric)}, 95 % interval {writer.ends(base.ci95, 'money')}, "
        f"n = {base.n} worlds."
    )
    return "Only clean-room data were planned with: nothing to compare them with.", lead


def _answer(delta: Delta, found: ComparisonResult, writer: Writer) -> str:
    amount = f"{writer.value(abs(delta.mean), 'money')} {found.currency}"
    what = words_of(found.primary_metric)
    if None in delta.ci95:
        return "One world cannot tell what planning with clean-room data alone costs."
    above = above_zero(delta.ci95)
    if above is None:
        return f"Planning with clean-room data alone costs nothing that {delta.n} worlds can show."
    if above:
        share = "" if delta.pct is None else f", {delta.pct:.1f} % of the budget"
        return f"Planning with clean-room data alone costs {amount} of {what}{share}."
    return f"Planning with clean-room data alone did better, by {amount} of {what}."


def _remarks(found: ComparisonResult) -> tuple[str, ...]:
    failed = [c.message for c in found.gate.checks if not c.passed] if found.gate else []
    guard = found.null_market
    fields = guard.fields if guard is not None and not guard.passed else {}
    broken = [
        f"In the null market {words_of(name)} is worth {test.mean_pct:+.2f} % of the budget and "
        "should be worth nothing."
        for name, test in fields.items()
        if not test.equivalent
    ]
    missing = [f"Missing: {words_of(m.name)}. {m.reason}" for m in found.missing_capabilities]
    return (*failed, *broken, *missing)


def _trust(found: ComparisonResult) -> tuple[Level, str]:
    if found.gate is not None and not found.gate.passed:
        return "bad", "✕ Gate failed"
    if found.null_market is not None and not found.null_market.passed:
        return "bad", "✕ The comparison's own guard failed"
    if found.null_market is None:
        return "warn", "! The null market was not played as a guard"
    if found.missing_capabilities:
        return "warn", "! Guard passed, something is missing"
    return "good", "✓ Guard passed"
