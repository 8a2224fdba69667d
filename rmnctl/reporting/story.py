"""How the data behind a comparison came about: market, reports, clean rooms, plans."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rmnctl.reporting.comparison_figures import name_of
from rmnctl.reporting.page import listed, note, section
from rmnctl.reporting.tables import Column, number, table


def story_lines(told: Mapping[str, Any]) -> list[str]:
    """The story in sentences.

    Args:
        told: `market`, `harmonize`, `releases`, `plans` and, where some was written, `copy`, as
            their runs hold them.
    """
    rows, market = told["harmonize"], told["market"]
    rooms = "; ".join(
        f"{r['retailer']} answers by {r['grain']}, {number(len(r['skus']))} SKUs"
        for r in told["releases"]
    )
    return [
        (
            f"{number(rows['rows_in'])} report rows became {number(rows['rows_kept'])} RMIS rows; "
            f"{number(rows['rows_superseded'])} were restated, {number(rows['rows_duplicate'])} copies, "
            f"{number(rows['rows_quarantined'])} quarantined; the money balances to the cent."
        ),
        f"The clean rooms: {rooms}.",
        *(_planned(p) for p in told["plans"]),
        *_written(told.get("copy")),
        (
            f"The reports claim a ROAS of {market['roas']:.2f}; what the ads truly added is "
            f"{market['iroas']:.2f} (known, because the market is simulated)."
        ),
    ]


def _written(copy: Mapping[str, Any] | None) -> list[str]:
    """Ad copy in a sentence, the first text as a sample."""
    if copy is None:
        return []
    good = copy["texts"]
    sample = f", such as “{good[0]}”" if good else ""
    return [f"Of {copy['asked']} ad texts asked for, {len(good)} cleared every check{sample}."]


def _planned(plan: Mapping[str, Any]) -> str:
    totals = plan["totals"]
    return (
        f"Planned from {name_of(plan['clean_room_mode']).lower()} knowledge: spends "
        f"{totals['spend']:,.0f} and expects an incremental margin of "
        f"{totals['incremental_margin'] or 0:,.0f} (gap {plan['certificate']['gap']:.0e})."
    )


def story_section(told: Mapping[str, Any]) -> str:
    """The story as a section of a page.

    Args:
        told: As for `story_lines`.
    """
    rows = [
        {
            "plan": name_of(p["clean_room_mode"]),
            "spend": f"{p['totals']['spend']:.0f}",
            "margin": f"{p['totals']['incremental_margin'] or 0:.0f}",
            "cells": p["cells_with_spend"],
            "gap": f"{p['certificate']['gap']:.0e}",
        }
        for p in told["plans"]
    ]
    heads = [
        Column("plan", "Planned from"),
        Column("spend", "Spend", numeric=True),
        Column("margin", "Incremental margin it expects", numeric=True),
        Column("cells", "Cells with spend", numeric=True),
        Column("gap", "Certified gap", numeric=True),
    ]
    return section(
        "How the data came about",
        listed(story_lines(told)),
        table(rows, heads, caption="The plans of this one world, each by its own curves"),
        note(
            "What a plan expects of itself says nothing of which is truly better: that is what the "
            "worlds above are for."
        ),
    )
