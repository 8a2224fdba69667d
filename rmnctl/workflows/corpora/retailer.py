"""What any advertiser may see of a retailer: its placements, reports, attribution, clean room.

Made from committed configuration only: the market's list of retailers and exports, the mappings
of those exports and the clean-room policy. No catalogue, no event and no brand goes in.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from rmnctl.cleanroom.policy import find_policy, load_policy
from rmnctl.config import load_config
from rmnctl.errors import InputError
from rmnctl.harmonization.mapping import Mapping
from rmnctl.market import MarketConfig
from rmnctl.workflows.corpora.glossary import Entry, Wordings, corpus
from rmnctl.workflows.corpora.rows import Corpus

WORDINGS: Final = {
    "column": Wordings(
        train=(
            "{t}: which column?", "Which column holds {t}?", "Column for {t}?",
            "Where do I find {t}?", "What is the header of {t}?", "Name the column with {t}.",
            "I look for {t}.", "How is {t} headed?", "Give me the column of {t}.",
            "{t} - column name?",
        ),
        held_out=(
            "Under what heading would {t} be printed?",
            "Point me to the place that shows {t}.",
        ),
    ),
    "meaning": Wordings(
        train=(
            "What is {t}?", "RMIS field of {t}?", "To which field does {t} map?",
            "{t} becomes what?", "Map {t}.", "Which RMIS field is {t}?", "What does {t} mean?",
            "How do we read {t}?", "{t} -> ?", "Field for {t}?",
        ),
        held_out=(
            "We got a file with {t}; how is it harmonised?",
            "Point me to the RMIS name behind {t}.",
        ),
    ),
    "fact": Wordings(
        train=(
            "What is {t}?", "{t}?", "Tell me {t}.", "Give {t}.", "Name {t}.", "Look up {t}.",
            "I need {t}.", "State {t}.", "Please give {t}.", "Say what {t} is.",
        ),
        held_out=(
            "A planner wants to know {t}.",
            "Could you confirm {t}?",
        ),
    ),
}  # fmt: skip


def _report_entries(retailer: str, dialect: str, mapping: Mapping) -> list[Entry]:
    where = f"{retailer}'s {dialect.replace('_', ' ')} report"
    found = []
    for name, source in mapping.fields.items():
        column = source.from_[0].strip()
        at = f"{retailer}/{dialect}/{name}"
        found.append(Entry(f"column/{at}", "column", f"{name} in {where}", column))
        found.append(Entry(f"meaning/{at}", "meaning", f"{column!r} in {where}", name))
        for cell, value in source.values.items():
            found.append(
                Entry(f"value/{at}/{value}", "meaning", f"{name} {cell!r} in {where}", value)
            )
    a, fixed = mapping.attribution, mapping.constants
    facts: dict[str, object] = {
        "the click window": a.window_click_days and f"{a.window_click_days} days",
        "the view window": "none" if a.window_view_days == 0 else f"{a.window_view_days} days",
        "the credit model": a.credit_model.value,
        "whose sales count": a.sku_scope.value,
        "the sales channel": a.sales_channel.value,
        "what a conversion counts": a.conversion_basis.value,
        "the contacts that count": a.interaction.value,
        "the time zone": fixed.report_timezone,
        "the attribution code": a.code(),
    }
    for what, said in facts.items():
        if said:
            subject = f"fact/{retailer}/{dialect}/{what}"
            found.append(Entry(subject, "fact", f"{what} of {where}", str(said)))
    return found


def _policy_entries(retailer: str, cleanroom: Path) -> list[Entry]:
    path = find_policy(cleanroom, retailer)
    if path is None:
        raise InputError(f"No clean-room policy of {retailer} in {cleanroom}.")
    everyone = cleanroom / "global.yaml"
    policy = load_policy(path, everyone if everyone.exists() else None)
    limits = policy.thresholds
    placements = policy.dimensions.placement_type
    facts: dict[str, object] = {
        "the metrics of {r}'s clean room": ", ".join(policy.metrics),
        "the least number of records in {r}'s clean room": limits.min_records,
        "the least number of people in {r}'s clean room": limits.min_entities,
        "the least number of contributors in {r}'s clean room": limits.min_contributors,
        "the dominance rule of {r}'s clean room": f"{policy.dominance.p_percent:g} percent",
        "the mode of {r}'s clean room": policy.mode,
        "the placements of {r}": ", ".join(placements.domain) if placements else None,
        "whether {r}'s clean room returns margin": "no, it is blocked",
        "whether {r}'s clean room returns customer_id": "no, it is blocked",
        "whether {r}'s clean room returns stock_level": "no, it is blocked",
        "whether {r}'s clean room returns promo_flag": "no, it is blocked",
    }
    return [
        Entry(f"policy/{what.format(r=retailer)}", "fact", what.format(r=retailer), str(value))
        for what, value in facts.items()
        if value is not None
    ]


def entries(retailer: str, market: MarketConfig, mappings: Path, cleanroom: Path) -> list[Entry]:
    """Every public fact about a retailer, in a fixed order.

    Args:
        retailer: Which.
        market: The market it belongs to; only its list of exports is read.
        mappings: Folder of the mappings of its exports, one a dialect.
        cleanroom: Folder of clean-room policies.

    Raises:
        InputError: The market has no such retailer, or a file is missing.
    """
    if retailer not in market.retailers:
        raise InputError(f"The market has no retailer {retailer}.")
    found = []
    for export in market.export_plan():
        if export.retailer == retailer:
            path = mappings / f"{export.dialect.value}.yaml"
            mapping = load_config(Mapping, path).model
            found += _report_entries(retailer, export.dialect.value, mapping)
            for placement in export.placements or ():
                found.append(
                    Entry(
                        f"report/{retailer}/{placement.value}",
                        "fact",
                        f"the report that shows {placement.value} of {retailer}",
                        export.dialect.value.replace("_", " "),
                    )
                )
    return found + _policy_entries(retailer, cleanroom)


def build(
    retailer: str,
    market: MarketConfig,
    *,
    mappings: Path = Path("configs/mappings/simulated"),
    cleanroom: Path = Path("configs/cleanroom"),
    seed: int = 31,
    times: int = 8,
) -> Corpus:
    """The corpus of `retailer_<name>`; as `entries`."""
    found = entries(retailer, market, mappings, cleanroom)
    return corpus(found, WORDINGS, times=times, seed=seed)
