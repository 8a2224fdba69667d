"""A comparison as Markdown: for the summary of a CI job, a pull request, a chat."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rmnctl.comparison.document import ComparisonResult
from rmnctl.reporting.comparison_adapters import leak_words
from rmnctl.reporting.comparison_figures import Writer, metric_of, name_of, percent, words_of
from rmnctl.reporting.comparison_words import headline

_SHOWN = ("incremental_margin", "incremental_revenue", "iroas", "accuracy", "stockout_spend_share")
_ESCAPED = str.maketrans({c: f"\\{c}" for c in "\\`*_{}[]<>|#~"} | {"\n": " "})


def comparison_markdown(found: ComparisonResult) -> str:
    """One Markdown document for the content of `comparison.json`.

    Args:
        found: As `comparison.json` holds it.
    """
    writer, said = Writer.of(found), headline(found)
    parts = [
        f"# {_plain(said.answer)}",
        f"**{_plain(said.word)}.** {_plain(said.lead)}",
        *([_list(said.remarks)] if said.remarks else []),
        *_gate(found),
        "## Side by side",
        _arms(found, writer),
        "## More than the clean room",
        _deltas(found, writer),
        *_shares(found, writer),
        *_adapters(found, writer),
        *_guard(found),
        "## In words",
        _list(found.verdict),
        "## Read this before you believe it",
        _list(found.caveats),
        _small_print(found),
    ]
    return "\n\n".join(parts) + "\n"


def _small_print(found: ComparisonResult) -> str:
    return (
        f"{found.worlds} worlds, seeds {found.seeds[0]} to {found.seeds[1]}, catalogue seed "
        f"{found.catalogue_seed}. Every figure is a mean with its 95 % interval."
    )


def _plain(text: str) -> str:
    return text.translate(_ESCAPED)


def _list(lines: Iterable[str]) -> str:
    return "\n".join(f"- {_plain(line)}" for line in lines)


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [
        f"| {' | '.join(map(_plain, heads))} |",
        f"|---|{'---:|' * (len(heads) - 1)}",
        *(f"| {' | '.join(_plain(str(cell)) for cell in row)} |" for row in rows),
    ]
    return "\n".join(lines)


def _arms(found: ComparisonResult, writer: Writer) -> str:
    first = (found.primary_metric, *(m for m in _SHOWN if m != found.primary_metric))
    known = [m for m in first if any(m in arm.metrics for arm in found.arms.values())]
    heads = ["", *(metric_of(m).label for m in known), "Worlds with a loss", "n"]
    rows = []
    for name, arm in found.arms.items():
        cells: list[object] = [name_of(name)]
        for metric in known:
            value = arm.metrics.get(metric)
            cells.append(writer.figure(value, metric_of(metric).form) if value else "n/a")
        loss = found.p_loss.get(name)
        cells += [percent(loss.mean) if loss else "n/a", arm.metrics[found.primary_metric].n]
        rows.append(cells)
    return _table(heads, rows) + f"\n\nMoney in {_plain(found.currency)}."


def _deltas(found: ComparisonResult, writer: Writer) -> str:
    rows = []
    for pair, deltas in found.deltas.items():
        arm, _, base = pair.partition("_vs_")
        delta = deltas.get(found.primary_metric)
        if base == "clean_room" and delta is not None:
            rows.append(
                [
                    name_of(arm),
                    writer.figure(delta, "money", sign=True),
                    writer.percent(delta),
                    percent(delta.win_rate),
                    writer.value(delta.worst_decile, "money", sign=True),
                    delta.n,
                ]
            )
    if not rows:
        return "Nothing else was played."
    label = f"{metric_of(found.primary_metric).label} minus clean room, {found.currency}"
    return _table(["", label, "Of the budget", "Win rate", "Worst decile", "n"], rows)


def _shares(found: ComparisonResult, writer: Writer) -> list[str]:
    if found.ablation is None:
        return []
    rows = [
        [words_of(field), writer.figure(share, "money", sign=True), writer.percent(share), share.n]
        for field, share in found.ablation.fields.items()
    ]
    total = found.ablation.total
    rows.append(["all", writer.figure(total, "money", sign=True), writer.percent(total), total.n])
    heads = ["Private field", f"Shapley value, {found.currency}", "Of the budget", "n"]
    return ["## What each private field is worth", _table(heads, rows)]


def _adapters(found: ComparisonResult, writer: Writer) -> list[str]:
    if not found.frontier:
        return []
    rows = [
        [
            words_of(point.name),
            writer.figure(point.delta, "money", sign=True),
            writer.figure(point.gap_closed, "share") if point.gap_closed else "n/a",
            leak_words(point.leak),
            point.delta.n,
        ]
        for point in found.frontier
    ]
    heads = ["Adapter", f"More than clean room, {found.currency}", "Of the gap", "Gives away", "n"]
    return ["## What the adapters carried, and what they give away", _table(heads, rows)]


def _guard(found: ComparisonResult) -> list[str]:
    guard = found.null_market
    if guard is None:
        return []
    rows = [
        [words_of(name), f"{test.mean_pct:+.2f} %", "yes" if test.equivalent else "**NO**"]
        for name, test in guard.fields.items()
    ]
    said = "passed" if guard.passed else "FAILED"
    heads = ["Private field", "Worth, of the budget", f"Within ±{guard.bound_pct:g} %"]
    return [f"## Guard, a market without private information: {said}", _table(heads, rows)]


def _gate(found: ComparisonResult) -> list[str]:
    if found.gate is None:
        return []
    rows = [["✓" if c.passed else "✕", words_of(c.name), c.message] for c in found.gate.checks]
    said = "passed" if found.gate.passed else "FAILED"
    return [f"## Gate: {said}", _table(["", "Check", "What it says"], rows)]
