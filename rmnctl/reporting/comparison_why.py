"""Where a difference comes from: private fields, event detail, objective, doubt, and adapters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rmnctl.comparison.document import ComparisonResult, Game
from rmnctl.reporting.comparison_figures import Writer, draws, name_of, percent, words_of
from rmnctl.reporting.intervals import interval_chart
from rmnctl.reporting.page import details, part, section, text
from rmnctl.reporting.tables import Column, Figure, table

_MONEY = {"mean": "Contribution", "pct": "Of the budget", "n": "n"}


def why(found: ComparisonResult, writer: Writer) -> str:
    """The parts of the difference, each with its interval."""
    parts = {
        "Private fields": _shares(found, writer),
        "Event detail, and buying evidence instead of data": _beside(found, writer),
        "More data, or another objective": _objectives(found, writer),
        "Private facts that are stale or wrong": _dose(found, writer),
        "Other release policies": _policies(found, writer),
    }
    shown = [part(title, content) for title, content in parts.items() if content]
    return section("Why", *shown) if shown else ""


def _columns(first: str, named: Mapping[str, str]) -> list[Column]:
    return [Column("what", first), *(Column(k, h, numeric=True) for k, h in named.items())]


def _money_row(writer: Writer, what: str, found: Any) -> dict[str, object]:
    return {
        "what": what,
        "mean": writer.figure(found, "money", sign=True),
        "pct": writer.percent(found),
        "n": found.n,
    }


def _shares(found: ComparisonResult, writer: Writer) -> str:
    if found.ablation is None:
        return ""
    own = found.ablation.federated
    more = [details("The same for the federated arm", _game(own, writer))] if own else []
    return _game(found.ablation, writer) + "".join(more)


def _game(game: Game, writer: Writer) -> str:
    marks = [writer.mark(words_of(f), share, sign=True) for f, share in game.fields.items()]
    marks.append(
        writer.mark(f"All, {name_of(game.to_arm).lower()}", game.total, sign=True, strong=True)
    )
    rows = [_money_row(writer, words_of(f), share) for f, share in game.fields.items()]
    pair = f"{name_of(game.from_arm).lower()} to {name_of(game.to_arm).lower()}"
    return interval_chart(
        marks, f"What each private field is worth, from {pair}, {writer.currency}", bars=True
    ) + table(
        rows,
        _columns("Private field", _MONEY),
        caption="Exact Shapley values",
        note=f"Averaged over all orders of learning the fields; {game.coalitions} sets of fields were "
        "planned and played in every world. They sum to the last line.",
        total=_money_row(writer, "All fields", game.total),
    )


def _beside(found: ComparisonResult, writer: Writer) -> str:
    """Event detail, and one more experiment, in the same unit."""
    known = {
        "Event detail: full data - joined": found.granularity,
        "One more geo experiment, clean room": found.evsi,
    }
    shown = {name: value for name, value in known.items() if value is not None}
    if not shown:
        return ""
    return interval_chart(
        [writer.mark(name, value, sign=True) for name, value in shown.items()],
        f"Beside the private fields, {writer.currency}",
    ) + table(
        [_money_row(writer, name, value) for name, value in shown.items()],
        _columns("What", _MONEY),
        caption="Beside the private fields",
    )


def _objectives(found: ComparisonResult, writer: Writer) -> str:
    study = found.objective_by_data
    if study is None:
        return ""
    rows = [
        {
            "what": f"{name_of(c.data)}, maximising {words_of(c.objective)}",
            "margin": writer.figure(c.incremental_margin, "money"),
            "revenue": writer.figure(c.incremental_revenue, "money"),
        }
        for c in study.cells
    ]
    effects = [
        _money_row(writer, "Data: more of it, same objective", study.data_effect),
        _money_row(writer, "Objective: margin, not revenue, same data", study.objective_effect),
    ]
    return (
        text("Another objective must not be sold as more data, so both were changed one at a time.")
        + interval_chart(
            [
                writer.mark("More data", study.data_effect, sign=True),
                writer.mark("Other objective", study.objective_effect, sign=True),
            ],
            f"Effect on incremental margin, {writer.currency}",
        )
        + table(effects, _columns("Changed", _MONEY), caption="Data against objective")
        + details(
            "All four plans",
            table(
                rows,
                _columns(
                    "Plan", {"margin": "Incremental margin", "revenue": "Incremental revenue"}
                ),
                caption="Objective by data",
                note=f"{draws(study.cells[0].incremental_margin.n)}." if study.cells else "",
            ),
        )
    )


def _dose(found: ComparisonResult, writer: Writer) -> str:
    if not found.dose:
        return ""
    named = {f"{100 * p.share_wrong:.0f} % of SKUs wrong": p.delta for p in found.dose}
    rows = [
        _money_row(writer, name, delta) | {"win": percent(delta.win_rate)}
        for name, delta in named.items()
    ]
    return interval_chart(
        [writer.mark(name, delta, sign=True) for name, delta in named.items()],
        f"Incremental margin minus clean room, {writer.currency}",
    ) + table(
        rows,
        _columns("Private facts", _MONEY | {"mean": "More than clean room", "win": "Win rate"}),
        caption="Dose of wrong private facts",
        note="A wrong SKU has the facts of another SKU.",
    )


def _policies(found: ComparisonResult, writer: Writer) -> str:
    if not found.policy_study:
        return ""
    marks, rows = [], []
    for point in found.policy_study:
        name = f"k = {point.min_customers}, by {point.grain}"
        row: dict[str, object] = {"what": name, "named": percent(point.named, 1)}
        if point.delta is None or point.incremental_margin is None:
            row |= {"margin": Figure("nothing to fit"), "delta": Figure("n/a"), "n": "n/a"}
        else:
            marks.append(writer.mark(name, point.delta, sign=True))
            row |= {
                "margin": writer.figure(point.incremental_margin, "money"),
                "delta": writer.figure(point.delta, "money", sign=True),
                "n": point.delta.n,
            }
        rows.append(row)
    heads = {
        "named": "Rows under their own SKU",
        "margin": "Incremental margin",
        "delta": "Minus the shipped policy",
        "n": "n",
    }
    return interval_chart(
        marks,
        f"Incremental margin of the clean-room plan minus that under the shipped policy, {writer.currency}",
    ) + table(
        rows,
        _columns("Release policy", heads),
        caption="Threshold k and grain of the release",
        note="k: least records and customers behind a released number.",
    )
