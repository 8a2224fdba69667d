"""What the adapters carried of the gap, and what they give away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rmnctl.comparison.document import ComparisonResult, FrontierPoint
from rmnctl.reporting.comparison_figures import Writer, draws, name_of, percent, words_of
from rmnctl.reporting.intervals import interval_chart
from rmnctl.reporting.page import details, note, section, text
from rmnctl.reporting.tables import Column, Figure, table

#: How the figures of recall are called (`rmnctl.comparison.recall`).
_RECALL = {
    "n": "Facts",
    "answered": "Answered",
    "wape": "Error (WAPE)",
    "wape_of_median": "Error of the best single guess",
    "correlation": "Correlation",
}
_SHARES = {"answered", "wape", "wape_of_median"}
_REMARK = (
    "Recall is extraction: what a brand's adapter can tell the planner it can tell anyone who may ask "
    "it. It is for that brand alone, and its card says what an unauthorised reader could infer."
)


def carried(found: ComparisonResult, writer: Writer) -> str:
    """The gain of each adapter beside its leak, and how near its answers are."""
    if found.gap_closed is None and not found.recall and not found.frontier:
        return ""
    parts = []
    if found.gap_closed is not None:
        closed = writer.figure(found.gap_closed, "share")
        parts.append(
            text(
                f"The composed model closes {closed.text} of the gap from clean room to private table "
                f"(95 % interval {closed.below}, {draws(found.gap_closed.n)})."
            )
        )
    if found.frontier:
        parts.append(_frontier(found.frontier, writer))
    known = {p.name: p.recall for p in found.frontier} or {"federated": found.recall or {}}
    parts += [_recall(name, recall) for name, recall in known.items() if recall]
    parts += [
        details(f"Audit of {_called(p.name)}", *_tables(p.leak, "Audit"))
        for p in found.frontier
        if p.leak
    ]
    parts.append(note(_REMARK))
    return section("What the adapters carried, and what they give away", *parts)


def _called(name: str) -> str:
    return name_of(name) if name == "federated" else words_of(name)


def _frontier(points: Sequence[FrontierPoint], writer: Writer) -> str:
    rows = [
        {
            "what": _called(p.name),
            "delta": writer.figure(p.delta, "money", sign=True),
            "closed": writer.figure(p.gap_closed, "share") if p.gap_closed else Figure("n/a"),
            "n": p.delta.n,
            "leak": leak_words(p.leak),
        }
        for p in points
    ]
    heads = [
        Column("what", "Adapter"),
        Column("delta", "More than clean room", numeric=True),
        Column("closed", "Of the gap", numeric=True),
        Column("n", "n", numeric=True),
        Column("leak", "What it gives away"),
    ]
    return interval_chart(
        [writer.mark(_called(p.name), p.delta, sign=True) for p in points],
        f"Incremental margin with each adapter's answers, minus clean room, {writer.currency}",
    ) + table(rows, heads, caption="Gain beside leak")


def leak_words(audit: Mapping[str, Any] | None) -> str:
    """The audit's own figures in a line; the rest stands in the fold below."""
    if audit is None:
        return "no audit given"
    plain = {k: v for k, v in audit.items() if not isinstance(v, Mapping | list | tuple)}
    return ", ".join(f"{words_of(k)} {_fact(v)}" for k, v in plain.items()) or "see its audit"


def _recall(name: str, recall: Mapping[str, Any]) -> str:
    if not all(isinstance(facts, Mapping) for facts in recall.values()):
        return "".join(_tables(recall, f"What {_called(name)} knew"))
    keys = dict.fromkeys(key for facts in recall.values() for key in facts)
    rows = [
        {"what": words_of(field)} | {key: _figure(key, facts.get(key)) for key in keys}
        for field, facts in recall.items()
    ]
    heads = [Column(key, _RECALL.get(key, words_of(key)), numeric=True) for key in keys]
    return table(
        rows, [Column("what", "Private field"), *heads],
        caption=f"How near the answers of {_called(name)} are",
        note="Beside the error of answering every SKU with the median: only what is below it is "
        "knowledge.",
    )  # fmt: skip


def _figure(key: str, value: Any) -> str:
    return percent(value, 1) if key in _SHARES and isinstance(value, float) else _fact(value)


def _tables(data: Mapping[str, Any], caption: str) -> list[str]:
    """Nested facts as tables, one for each level; names are those of the audit."""
    plain = {k: v for k, v in data.items() if not isinstance(v, Mapping)}
    parts = []
    if plain:
        rows = [{"what": words_of(k), "value": _fact(v)} for k, v in plain.items()]
        heads = [Column("what", "What"), Column("value", "Value", numeric=True)]
        parts.append(table(rows, heads, caption=caption))
    for name, facts in data.items():
        if isinstance(facts, Mapping):
            parts += _tables(facts, f"{caption}: {words_of(name)}")
    return parts


def _fact(value: Any) -> str:
    if value is None:
        return "n/a"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, list | tuple):
        return ", ".join(_fact(v) for v in value)
    return str(value)
