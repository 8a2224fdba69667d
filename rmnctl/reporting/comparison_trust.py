"""How far a comparison can be trusted: guards, other catalogues, what is missing, caveats."""

from __future__ import annotations

from html import escape

from rmnctl.comparison.document import ComparisonResult, Equivalence, NullMarket, Robustness
from rmnctl.reporting.comparison_figures import Writer, draws, name_of, percent, settled, words_of
from rmnctl.reporting.intervals import Mark, interval_chart
from rmnctl.reporting.page import details, listed, note, part, section, text
from rmnctl.reporting.tables import Column, Figure, table

_MOST_ROWS = 200


def guards(found: ComparisonResult, writer: Writer) -> str:
    """The null market, and the same comparison on other catalogues."""
    parts = [
        text(
            "In every arm the same optimiser, the same limits, the same family of curves and the same "
            "past lift tests; the clean room gets the best public figures for what it cannot see."
        )
    ]
    if found.null_market is None:
        parts.append(
            note("The null market was not played: set `null_market` in the configuration to do so.")
        )
    else:
        parts.append(part("A market without private information", _null(found.null_market)))
    if found.robustness is not None:
        parts.append(part("Other catalogues", _robustness(found.robustness, writer)))
    else:
        parts.append(note("Other catalogues were not played: set `robustness` to do so."))
    return section("Guards", *parts)


def _null(guard: NullMarket) -> str:
    said = "passed" if guard.passed else "FAILED"
    tests = guard.fields | {"joined - clean room": guard.joined_minus_clean_room}
    marks = [
        Mark(words_of(name), t.mean_pct, t.ci90_pct, *_percent(t)) for name, t in tests.items()
    ]
    rows = [
        {
            "what": words_of(name),
            "mean": Figure(*_percent(t)),
            "as": "yes" if t.equivalent else "NO",
        }
        for name, t in tests.items()
    ]
    heads = [
        Column("what", "Private field"),
        Column("mean", "Worth, % of the budget", numeric=True),
        Column("as", "As good as 0"),
    ]
    chart = interval_chart(
        marks,
        "Worth in a market without private information, % of the budget",
        references=[
            (f"-{guard.bound_pct:g}", -guard.bound_pct),
            (f"+{guard.bound_pct:g}", guard.bound_pct),
        ],
        level="90 %",
    )
    return (
        text(
            f"Null market {guard.market}, {guard.worlds} worlds: where private fields say nothing, none "
            f"may be worth anything. {said.capitalize()}: "
            + ("every" if guard.passed else "not every")
            + f" interval lies within ±{guard.bound_pct:g} % of the budget."
        )
        + chart
        + table(
            rows, heads, caption="Two one-sided tests at 5 % each",
            note=f"Equivalent to 0 where the 90 % interval lies within ±{guard.bound_pct:g} %; "
            f"{draws(guard.worlds)}.",
        )
    )  # fmt: skip


def _percent(found: Equivalence) -> tuple[str, str]:
    low, high = found.ci90_pct
    if low is None or high is None:
        return settled(f"{found.mean_pct:+.2f}"), "no interval"
    return settled(
        f"{found.mean_pct:+.2f}"
    ), f"{settled(f'{low:+.2f}')} to {settled(f'{high:+.2f}')}"


def _robustness(study: Robustness, writer: Writer) -> str:
    rows = [
        {
            "what": pair_words(pair),
            "mean": writer.figure(delta, "money", sign=True),
            "pct": writer.percent(delta),
            "win": percent(delta.win_rate),
            "n": delta.n,
        }
        for pair, delta in study.deltas.items()
    ]
    heads = {"mean": "Difference", "pct": "Of the budget", "win": "Win rate", "n": "Catalogues"}
    shown = study.rows[:_MOST_ROWS]
    pairs = list(dict.fromkeys(p for row in shown for p in row.deltas))
    each = [
        {"market": row.market, "family": words_of(row.family), "seed": row.catalogue_seed,
         "worlds": row.worlds}
        | {p: writer.figure(row.deltas[p], "money", sign=True) for p in pairs if p in row.deltas}
        for row in shown
    ]  # fmt: skip
    columns = [
        Column("market", "Market"), Column("family", "True curves"),
        Column("seed", "Catalogue", numeric=True), Column("worlds", "Worlds", numeric=True),
        *(Column(p, pair_words(p), numeric=True) for p in pairs),
    ]  # fmt: skip
    return (
        interval_chart(
            [
                writer.mark(pair_words(pair), delta, sign=True)
                for pair, delta in study.deltas.items()
            ],
            f"On {study.catalogues} other catalogues, margin, {writer.currency}",
        )
        + table(
            rows,
            [Column("what", "Pair"), *(Column(k, h, numeric=True) for k, h in heads.items())],
            caption=f"Over {study.catalogues} catalogues",
            note="Worlds of one catalogue are drawn together: intervals are clustered by catalogue.",
        )
        + details(
            f"Each of {len(study.rows)} catalogues and markets",
            table(each, columns, caption="One by one", note="Intervals within a catalogue."),
        )
    )


def blocked(found: ComparisonResult) -> str:
    """What no clean room answers, and what was asked for and could not be had."""
    fields = "".join(f"<li>✕ {escape(words_of(f))}</li>" for f in found.blocked_fields)
    parts = [
        text("No clean room answers these fields, whoever asks:"),
        f'<ul class="chips">{fields}</ul>',
    ]
    if found.missing_capabilities:
        rows = [{"name": words_of(m.name), "why": m.reason} for m in found.missing_capabilities]
        parts.append(
            table(
                rows, [Column("name", "Missing"), Column("why", "Why")],
                caption="Asked for, and not to be had in this run",
            )
        )  # fmt: skip
    else:
        parts.append(text("Everything that was asked for was there."))
    return section("Blocked fields and missing capabilities", *parts)


def caveats(found: ComparisonResult) -> str:
    """What a reader must know before believing any of it; never folded away."""
    return section("Read this before you believe it", listed(found.caveats))


def gate(found: ComparisonResult) -> str:
    """What continuous integration asked of this comparison."""
    if found.gate is None:
        return ""
    rows = [
        {
            "name": words_of(c.name),
            "passed": "✓ passed" if c.passed else "✕ FAILED",
            "value": None if c.value is None else f"{c.value:.4g}",
            "limit": None if c.limit is None else f"{c.limit:.4g}",
            "message": c.message,
        }
        for c in found.gate.checks
    ]
    columns = [
        Column("name", "Check"), Column("passed", "Result"),
        Column("value", "Value", numeric=True), Column("limit", "Limit", numeric=True),
        Column("message", "What it says"),
    ]  # fmt: skip
    against = f"Compared with {found.gate.baseline}." if found.gate.baseline else ""
    said = "passed" if found.gate.passed else "failed"
    return section(f"Gate: {said}", table(rows, columns, caption="Checks", note=against))


def pair_words(pair: str) -> str:
    """`joined_vs_clean_room` as people say it."""
    one, _, other = pair.partition("_vs_")
    return f"{name_of(one)} - {name_of(other).lower()}"
