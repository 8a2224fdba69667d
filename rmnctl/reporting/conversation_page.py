"""A conversation as Markdown: brief, what was understood, the plan, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_VERDICTS = {
    "go": "The plan may go on.",
    "go_with_flags": "The plan may go on; read the flags of its decision record first.",
    "stop": "The plan is stopped.",
}


def conversation_page(found: Mapping[str, Any]) -> str:
    """Render a conversation.

    Args:
        found: The content of `conversation.json` (`conversation/v1`).

    Returns:
        Markdown, the same bytes for the same conversation.
    """
    decision = found["decision"]
    parts = [
        f"# Plan from a brief: {found['plan']}",
        "",
        f"**{_VERDICTS[found['verdict']]}**",
        *_list(found["stops"]),
        "",
        "## Brief",
        "",
        *(f"> {line}" for line in found["brief"].splitlines()),
        "",
        f"Read by {found['reader']}.",
        "",
        "| field | planned | words |",
        "|---|---|---|",
        *_understood(found),
        "",
        "Assumed:",
        "",
        *_list(found["assumptions"]),
        "",
        "## Plan",
        "",
        *_list(found["said"]),
        "",
        "## What if",
        "",
    ]
    for one in found["what_if"]:
        parts += [f"*{one['question']}*", "", *_list(one["said"]), ""]
    parts += ["## Next test", "", *_list(found["next_test"]["sentences"]), ""]
    parts += ["## Governance", "", _governance(found), "", *_list(found["governance"]["reasons"])]
    parts += [
        "",
        "## Decision record",
        "",
        f"- {decision['run']}: {decision['verdict'].replace('_', ' ')}",
        f"- won {decision['wins']} of {decision['folds']} past periods ({decision['evidence']} evidence)",
        f"- biases flagged: {', '.join(decision['flags']) or 'none'}",
        f"- critical risks: {', '.join(decision['critical_risks']) or 'none'}",
    ]
    return "\n".join(parts) + "\n"


def _list(lines: Sequence[str]) -> list[str]:
    return [f"- {line}" for line in lines]


def _governance(found: Mapping[str, Any]) -> str:
    verdict = found["governance"]["verdict"].replace("_", " ")
    held = ", ".join(found["policies"])
    start = "" if found["start"] is None else f", starting {found['start']}"
    return f"{verdict} by {held or 'no policy'}{start}."


def _understood(found: Mapping[str, Any]) -> list[str]:
    words: dict[str, list[str]] = {}
    for one in found["evidence"]:
        words.setdefault(one["field"], []).append(one["words"])
    rows = []
    for name, value in found["planned_request"].items():
        if name not in {"schema", "limits"} and value not in (None, []):
            shown = ", ".join(value) if isinstance(value, list) else value
            rows.append((name, shown, words.get(name, [])))
    for limit in found["planned_request"]["limits"]:
        bounds = {k: v for k, v in limit.items() if k not in {"scope", "id"} and v is not None}
        shown = ", ".join(f"{k} {v:g}" for k, v in bounds.items())
        key = f"limits.{limit['scope']}.{limit['id']}"
        rows.append((f"limit {limit['id']}", shown, words.get(key, [])))
    return [f"| {n} | {v} | {_cell(w)} |" for n, v, w in rows]


def _cell(words: Sequence[str]) -> str:
    plain = " ".join("; ".join(dict.fromkeys(words)).split())
    return plain.replace("|", "\\|")
