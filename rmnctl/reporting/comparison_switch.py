"""The same plan seen from each side: a switch that needs neither server nor script."""

from __future__ import annotations

from html import escape

from rmnctl.comparison.document import ArmResult, ComparisonResult
from rmnctl.reporting.comparison_figures import Writer, draws, metric_of, name_of, percent, words_of
from rmnctl.reporting.page import Tile, text, tiles

#: The two sides that matter most come first; page.css knows up to six.
_ORDER = ("clean_room", "full_data", "federated", "joined", "reports", "oracle")
_LABELS = {"clean_room": "Clean room only", "oracle": "Oracle (the truth)"}
_SHOWN = ("iroas", "accuracy", "stockout_spend_share", "floor_broken", "skus_with_own_curve")


def switch(found: ComparisonResult, writer: Writer) -> str:
    """Radio buttons, and for each the plan as that side sees it; on paper all of them."""
    arms = [a for a in _ORDER if a in found.arms]
    if len(arms) < 2:
        return ""
    buttons = "".join(
        f'<input type="radio" name="side" id="side-{arm}"{" checked" if i == 0 else ""}>'
        f'<label for="side-{arm}">{escape(_LABELS.get(arm, name_of(arm)))}</label>'
        for i, arm in enumerate(arms)
    )
    panels = "".join(_panel(found, writer, arm) for arm in arms)
    return (
        '<section><h2 id="sides">The same request, planned with …</h2>'
        f'<div class="switch" role="group" aria-labelledby="sides">{buttons}{panels}</div></section>'
    )


def _panel(found: ComparisonResult, writer: Writer, arm: str) -> str:
    result = found.arms[arm]
    label = escape(_LABELS.get(arm, name_of(arm)))
    return (
        f'<div class="side"><h3>{label}</h3>'
        + text(
            f"Curves from: {result.retailer_data}. Of SKUs it knows: {result.private_knowledge}."
        )
        + tiles(*_figures(found, writer, arm, result))
        + _unseen(found, arm)
        + "</div>"
    )


def _figures(found: ComparisonResult, writer: Writer, arm: str, result: ArmResult) -> list[Tile]:
    metric = found.primary_metric
    value = result.metrics[metric]
    shown = [
        Tile(
            words_of(metric).capitalize(), writer.value(value.mean, "money"), found.currency,
            f"{writer.ends(value.ci95, 'money')}, {draws(value.n)}",
        )
    ]  # fmt: skip
    delta = found.deltas.get(f"{arm}_vs_clean_room", {}).get(metric)
    if delta is not None:
        ends = writer.ends(delta.ci95, "money", sign=True)
        shown.append(
            Tile(
                "More than clean room", writer.value(delta.mean, "money", sign=True), found.currency,
                f"{ends}, better in {percent(delta.win_rate)} of worlds",
            )
        )  # fmt: skip
    regret = result.metrics.get("regret")
    if regret is not None and arm != "oracle":
        shown.append(
            Tile(
                "Short of the best plan", writer.value(regret.mean, "money"), found.currency,
                writer.ends(regret.ci95, "money"),
            )
        )  # fmt: skip
    for name in _SHOWN:
        known = result.metrics.get(name)
        if known is not None:
            figure = writer.figure(known, metric_of(name).form)
            shown.append(Tile(metric_of(name).label, figure.text, "", figure.below))
    return shown


def _unseen(found: ComparisonResult, arm: str) -> str:
    """What this side never sees: plans of the clean room know none of the blocked fields."""
    if arm != "clean_room" or not found.blocked_fields:
        return ""
    items = "".join(f"<li>✕ {escape(words_of(f))}</li>" for f in found.blocked_fields)
    return f'<p>What the clean room never answers:</p><ul class="chips">{items}</ul>'
