"""The report of a comparison: what clean-room data alone cost, why, and how far to trust it."""

from __future__ import annotations

from collections.abc import Mapping

from rmnctl.comparison.document import ComparisonResult, Delta, Estimate
from rmnctl.reporting.comparison_adapters import carried
from rmnctl.reporting.comparison_figures import Writer, draws, metric_of, name_of, percent, words_of
from rmnctl.reporting.comparison_switch import switch
from rmnctl.reporting.comparison_trust import blocked, caveats, gate, guards
from rmnctl.reporting.comparison_why import why
from rmnctl.reporting.comparison_words import headline
from rmnctl.reporting.intervals import interval_chart
from rmnctl.reporting.page import Tile, details, listed, note, page, section, tiles, verdict
from rmnctl.reporting.tables import Column, Figure, table

_BASE = "clean_room"
_MOST_REMARKS = 10


def comparison_page(found: ComparisonResult, *more: str) -> str:
    """One HTML document for the content of `comparison.json`.

    Args:
        found: As `comparison.json` holds it.
        more: Further sections, already HTML, before the small print.
    """
    writer = Writer.of(found)
    request = found.request
    said = headline(found)
    return page(
        "What planning with clean-room data alone costs",
        f"{request.get('brand_id', 'a brand')}, {found.budget:,.0f} {found.currency} for "
        f"{request.get('horizon_days', '?')} days, {found.worlds} simulated worlds of {found.market}",
        verdict(said.level, said.answer, said.lead, said.remarks[:_MOST_REMARKS], said.word),
        _key_figures(found, writer),
        details("The findings in words, each with interval and n", listed(found.verdict)),
        gate(found) if found.gate is not None and not found.gate.passed else "",
        switch(found, writer),
        _side_by_side(found, writer),
        _differences(found, writer),
        why(found, writer),
        carried(found, writer),
        guards(found, writer),
        blocked(found),
        caveats(found),
        gate(found) if found.gate is not None and found.gate.passed else "",
        *more,
        _how(found),
        footer="Every figure was computed by `rmnctl compare` from the plays in comparison.parquet; "
        "comparison.json holds them in full, config.yaml repeats the run. Simulation evidence.",
    )


def _key_figures(found: ComparisonResult, writer: Writer) -> str:
    metric = found.primary_metric
    base = found.arms[_BASE].metrics[metric]
    shown = [
        Tile(
            f"Clean room: {words_of(metric)}", writer.value(base.mean, "money"), found.currency,
            f"{writer.ends(base.ci95, 'money')}, {draws(base.n)}",
        )
    ]  # fmt: skip
    for arm in ("federated", "joined", "full_data"):
        delta = found.deltas.get(f"{arm}_vs_{_BASE}", {}).get(metric)
        if delta is not None:
            ends = writer.ends(delta.ci95, "money", sign=True)
            shown.append(
                Tile(
                    f"{name_of(arm)}: more than clean room",
                    writer.value(delta.mean, "money", sign=True), found.currency,
                    f"{ends}, {draws(delta.n)}",
                )
            )  # fmt: skip
    if found.gap_closed is not None:
        closed = writer.figure(found.gap_closed, "share")
        shown.append(
            Tile(
                "Federated closes of the gap",
                closed.text,
                "",
                f"{closed.below}, {draws(found.gap_closed.n)}",
            )
        )
    loss = found.p_loss.get(_BASE)
    if loss is not None:
        risk = writer.figure(loss, "share")
        shown.append(
            Tile("Clean room: worlds with a loss", risk.text, "", f"{risk.below}, {draws(loss.n)}")
        )
    return tiles(*shown)


def _draws(estimates: Mapping[str, Estimate | Delta]) -> str:
    counts = {e.n for e in estimates.values()}
    return draws(counts.pop()) if len(counts) == 1 else "n differs, see comparison.json"


def _side_by_side(found: ComparisonResult, writer: Writer) -> str:
    metric = found.primary_metric
    played = {name: arm for name, arm in found.arms.items() if metric in arm.metrics}
    base = found.arms[_BASE].metrics[metric].mean
    marks = [
        writer.mark(name_of(name), arm.metrics[metric], strong=name == _BASE)
        for name, arm in played.items()
    ]
    known = list(dict.fromkeys(m for arm in found.arms.values() for m in arm.metrics))
    ordered = sorted(known, key=lambda m: metric_of(m).form != "money")
    rows = []
    for name in ordered:
        shown = metric_of(name)
        row: dict[str, object] = {"metric": shown.label}
        for arm, result in found.arms.items():
            value = result.metrics.get(name)
            row[arm] = writer.figure(value, shown.form) if value else Figure("n/a")
        rows.append(row)
    rows.append(
        {"metric": "Worlds with a loss"}
        | {arm: writer.figure(e, "share") for arm, e in found.p_loss.items()}
    )
    heads = [Column("metric", "Metric"), *(Column(a, name_of(a), numeric=True) for a in found.arms)]
    estimates = {f"{a} {m}": e for a, r in found.arms.items() for m, e in r.metrics.items()}
    knows = [
        {"arm": name_of(a), "data": r.retailer_data, "private": r.private_knowledge}
        for a, r in found.arms.items()
    ]
    return section(
        "Side by side",
        interval_chart(
            marks,
            f"{words_of(metric).capitalize()} by way to plan, {found.currency}",
            zero=False,
            references=[("the clean-room plan", base)],
        ),
        table(
            rows, heads, caption="All metrics, money first",
            note=f"Mean over worlds, 95 % interval below it; money in {found.currency}; "
            f"{_draws(estimates)}.",
        ),
        table(
            knows,
            [Column("arm", "Way to plan"), Column("data", "Retailer data"), Column("private", "Of SKUs")],
            caption="What each way to plan knows",
            note="Optimiser, constraints, curve family and past lift tests are the same for all.",
        ),
        details(
            "What the metrics mean",
            table(
                [{"m": metric_of(m).label, "what": metric_of(m).meaning} for m in ordered],
                [Column("m", "Metric"), Column("what", "Meaning")],
                caption="Metrics",
            ),
        ),
    )  # fmt: skip


def _differences(found: ComparisonResult, writer: Writer) -> str:
    metric = found.primary_metric
    against = {
        pair.removesuffix(f"_vs_{_BASE}"): deltas
        for pair, deltas in found.deltas.items()
        if pair.endswith(f"_vs_{_BASE}")
    }
    if not against:
        return ""
    marks = [
        writer.mark(name_of(arm), deltas[metric], sign=True)
        for arm, deltas in against.items()
        if metric in deltas
    ]
    every = [
        _delta_row(writer, metric, f"{name_of(a)} - {name_of(b)}", deltas[metric])
        for pair, deltas in found.deltas.items()
        for a, b in [pair.split("_vs_", 1)]
        if metric in deltas
    ]
    by_metric = [
        table(
            [
                _delta_row(writer, m, metric_of(m).label, deltas[m])
                for m in sorted(deltas, key=lambda m: metric_of(m).form != "money")
            ],
            _delta_columns("Metric"),
            caption=f"{name_of(arm)} - clean room",
            note=f"{_draws(deltas)}; money in {found.currency}.",
        )
        for arm, deltas in against.items()
    ]
    name = words_of(metric)
    return section(
        "What more than clean-room data brings",
        interval_chart(
            marks, f"{name.capitalize()} minus that of the clean-room plan, same worlds, {found.currency}"
        ),
        table(
            [_delta_row(writer, metric, name_of(a), d[metric]) for a, d in against.items() if metric in d],
            _delta_columns("Way to plan, minus clean room"),
            caption=f"Differences in {name}, {found.currency}",
            note="Win rate: share of worlds where it is larger. Worst decile: mean of the worst tenth.",
        ),
        details(f"All pairs, {name}", table(every, _delta_columns("Pair"), caption="All pairs")),
        details("All metrics against the clean room", *by_metric),
    )  # fmt: skip


def _delta_columns(first: str) -> list[Column]:
    named = {
        "mean": "Difference", "pct": "Of the budget", "win": "Win rate", "worst": "Worst decile",
        "n": "n",
    }  # fmt: skip
    return [Column("what", first), *(Column(k, h, numeric=True) for k, h in named.items())]


def _delta_row(writer: Writer, metric: str, what: str, delta: Delta) -> dict[str, object]:
    form = metric_of(metric).form
    return {
        "what": what,
        "mean": writer.figure(delta, form, sign=True),
        "pct": writer.percent(delta),
        "win": percent(delta.win_rate),
        "worst": writer.value(delta.worst_decile, form, sign=True),
        "n": delta.n,
    }


def _how(found: ComparisonResult) -> str:
    asked = [
        {"key": words_of(k), "value": _plain(v)}
        for k, v in found.request.items()
        if v not in (None, [], {})
    ]
    released = [
        {
            "retailer": r.retailer_id,
            "grain": ", ".join(f"{g} in {n}" for g, n in r.grains.items()),
            "kept": percent(r.kept, 1),
            "named": percent(r.named, 1),
        }
        for r in found.releases
    ]
    parts = [
        table(asked, [Column("key", "Key"), Column("value", "Value")], caption="The one request"),
        note(
            f"Worlds are drawn from seeds {found.seeds[0]} to {found.seeds[1]} on catalogue seed "
            f"{found.catalogue_seed}; all were fixed in the run's config.yaml before anything was drawn."
        ),
    ]
    if released:
        parts.insert(1, table(
            released,
            [Column("retailer", "Retailer"), Column("grain", "Grain, worlds"),
             Column("kept", "Rows in released atoms", numeric=True),
             Column("named", "Rows under their own SKU", numeric=True)],
            caption="How the clean rooms answered",
        ))  # fmt: skip
    return section("Request, worlds and releases", details("What was asked", *parts))


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{k} {_plain(v)}" for k, v in value.items() if v is not None)
    if isinstance(value, list | tuple):
        return "; ".join(_plain(v) for v in value)
    return str(value)
