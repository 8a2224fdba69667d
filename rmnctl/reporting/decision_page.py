"""A decision record as Markdown: what a person reads before money is spent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_VERDICTS = {
    "go": "Nothing found speaks against this plan.",
    "go_with_flags": "The plan may go on; read the flags first.",
    "stop": "The plan is stopped.",
}


def decision_page(record: Mapping[str, Any]) -> str:
    """Render a decision record.

    Args:
        record: The content of `decision.json` (`decision/v1`).

    Returns:
        Markdown, the same bytes for the same record.
    """
    parts = [
        f"# Decision: {record['plan']}",
        "",
        f"**{_VERDICTS[record['verdict']]}**",
        *[f"- {reason}" for reason in record["stops"]],
        "",
        *_context(record),
        *_confidence(record["confidence"]),
        *_biases(record["biases"]),
        *_risks(record["risks"]),
        *_framings(record),
        *_memory(record["memory"]),
        "## Review",
        "",
        f"Hold what came against what was expected after {record['review_after_days']} days.",
    ]
    return "\n".join(parts) + "\n"


def _context(record: Mapping[str, Any]) -> list[str]:
    asked, expected = record["request"], record["expected"]
    currency = asked["currency"] or ""
    rows = [
        ("budget", _money(asked["budget"], currency)),
        ("objective", asked["objective"].replace("_", " ")),
        ("horizon", f"{asked['horizon_days']} days"),
        ("knowledge", record["mode"] or "a table of curves"),
        ("limits", str(len(asked["limits"]))),
        ("expected spend", _money(expected["spend"], currency)),
        ("expected incremental revenue", _money(expected["incremental_revenue"], currency)),
        ("expected incremental margin", _money(expected["incremental_margin"], currency)),
        ("expected iROAS", _number(expected["iroas"])),
        ("more than last period's allocation", _money(expected["gained"], currency)),
        ("certified gap", f"{expected['gap']:.1e}"),
    ]
    return ["## Decision", "", *_table(("what", "value"), rows), ""]


def _confidence(sure: Mapping[str, Any]) -> list[str]:
    lines = ["## Confidence", ""]
    if sure["folds"] == 0:
        return [*lines, "No past period could be played back: no evidence.", ""]
    low, high = sure["interval"]
    said = f"Played back, it won {sure['wins']} of {sure['folds']} past periods"
    if sure["evidence"] == "low":
        said += ": low evidence"
    else:
        said += f": {sure['win_rate']:.0%} ({sure['level']:.0%} interval {low:.0%} to {high:.0%})"
    return [*lines, f"{said}. {sure['tests']}", ""]


def _biases(biases: list[Mapping[str, Any]]) -> list[str]:
    rows = [
        (
            b["bias"].replace("_", " "),
            f"**{b['verdict']}**" if b["verdict"] == "flag" else b["verdict"].replace("_", " "),
            _number(b["value"]),
            b["threshold"],
            _number(b["p_value"]),
            b["reason"],
        )
        for b in biases
    ]
    head = ("bias", "verdict", "value", "flags when", "p", "what the data say")
    remedies = [
        f"- {b['bias'].replace('_', ' ')}: {b['remedy']}" for b in biases if b["verdict"] == "flag"
    ]
    return ["## Biases", "", *_table(head, rows), "", *remedies, *([""] if remedies else [])]


def _risks(risks: list[Mapping[str, Any]]) -> list[str]:
    if not risks:
        return ["## Risks", "", "Neither draws nor history tell of any.", ""]
    rows = [
        (
            r["risk"].replace("_", " ") + (" **critical**" if r["critical"] else ""),
            r["event"],
            _money(r["stake"]),
            f"{r['frequency']:.0%}",
            _money(r["expected_loss"]),
            f"{r['source']}, {r['n']}",
            r["mitigation"],
        )
        for r in risks
    ]
    head = ("risk", "event", "at stake", "how often", "expected loss", "from", "mitigation")
    return ["## Risks", "", *_table(head, rows), ""]


def _framings(record: Mapping[str, Any]) -> list[str]:
    rows = [
        (
            f["framing"].replace("_", " "),
            f["change"],
            _money(f["spend"]),
            _money(f["value"]),
            "" if f["overlap"] is None else f"{f['overlap']:.0%}",
            f["note"],
        )
        for f in record["framings"]
    ]
    head = ("framing", "asked otherwise", "spend", "worth as asked", "same mix", "note")
    return ["## Other ways to ask", "", *_table(head, rows), ""]


def _memory(memory: Mapping[str, Any]) -> list[str]:
    lines = ["## Similar past plans", ""]
    if not memory["plans"]:
        return [*lines, memory["note"], ""]
    rows = [
        (
            p["run_id"],
            f"{p['distance']:.2f}",
            _money(p["budget"]),
            p["objective"].replace("_", " "),
            _money(p["incremental_margin"]),
            _number(p["iroas"]),
            f"{p['overlap']:.0%}",
        )
        for p in memory["plans"]
    ]
    head = ("run", "distance", "budget", "objective", "expected margin", "iROAS", "same mix")
    return [*lines, *_table(head, rows), ""]


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    def line(cells: tuple[str, ...]) -> str:
        return "| " + " | ".join(c.replace("|", "\\|").replace("\n", " ") for c in cells) + " |"

    return [line(head), "|" + "---|" * len(head), *map(line, rows)]


def _money(value: float | None, currency: str = "") -> str:
    return "" if value is None else f"{value:,.2f} {currency}".strip()


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"
