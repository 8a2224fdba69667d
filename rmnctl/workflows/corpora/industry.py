"""What everyone in retail media should know: metrics, RMIS, attribution, clean rooms, experiments."""

from __future__ import annotations

from typing import Final

from rmnctl import rmis
from rmnctl.workflows.corpora.glossary import Entry, Wordings, corpus
from rmnctl.workflows.corpora.rows import Corpus

#: Term and meaning; words as in the design's glossary.
METRICS: Final = (
    ("ROAS", "attributed revenue / spend"),
    ("iROAS", "incremental revenue / spend"),
    ("mROAS", "incremental revenue that the next unit of spend brings, at the plan"),
    ("ACOS", "spend / attributed revenue"),
    ("CTR", "clicks / impressions"),
    ("CPC", "spend / clicks"),
    ("CPM", "1000 x spend / impressions"),
    ("CPA", "spend / conversions"),
    ("CVR", "conversions / clicks"),
    ("AOV", "attributed revenue / orders"),
    ("viewability", "viewable impressions / impressions"),
    ("new-to-brand share", "orders by customers new to the brand / orders"),
    ("incremental margin", "incremental units x unit contribution - spend"),
    ("unit contribution", "wholesale price - cost of goods - promotion funding"),
    ("accuracy", "1 - WAPE of predicted against true incremental revenue by cell"),
    ("WAPE", "sum of absolute errors / sum of absolute true values"),
    ("regret", "value of the oracle's plan - value of the plan"),
    ("share of budget", "spend of a cell / budget"),
)

CONCEPTS: Final = (
    ("incremental revenue", "sales that would not have happened without the ad"),
    ("attributed revenue", "sales that the network credits to ads, organic buyers among them"),
    ("halo sales", "attributed sales of other items than the advertised one"),
    ("a click window", "days after a click in which a sale is credited"),
    ("a view window", "days after a view in which a sale is credited"),
    ("last touch", "the last ad contact before the sale gets all credit"),
    ("last click", "the last ad click before the sale gets all credit"),
    ("linear credit", "every ad contact gets an equal share of credit"),
    ("restatement", "a later change of a row, as conversions are credited back to their day"),
    ("a clean room", "answers in aggregates over events that nobody outside may see"),
    ("a release", "the only table a clean room answers from"),
    ("an atom", "one cell of a release that passed every disclosure rule"),
    ("dominance", "a cell is withheld if one contributor is too large a part of it"),
    ("suppression", "a cell with too few records, people or contributors is withheld"),
    ("differential privacy", "noise drawn so that no person changes an answer noticeably"),
    ("a response curve", "incremental revenue of a cell as a function of spend"),
    ("saturation", "each further unit of spend brings less than the one before"),
    ("adstock", "advertising pressure that carries over to later days"),
    ("a lift test", "an experiment whose untreated group shows what ads caused"),
    ("a geo test", "a lift test whose units are regions"),
    ("a switchback", "a test that switches treatment on and off over time"),
    ("a cell", "retailer x placement x SKU"),
    ("a brand", "the manufacturer, who buys the media"),
    ("a network", "the retailer, who sells the media"),
    ("an arm", "a way to plan, with what it may know"),
    ("the oracle", "a planner that knows the truth, to measure regret only"),
    ("a certified gap", "distance between a plan's value and a proven upper bound"),
    ("a shadow price", "what one more unit of a limit would be worth"),
    ("a promotion multiplier", "revenue of the planned weeks over the usual"),
    ("a blocked field", "a field no clean room may return, such as margin or customer_id"),
)

WORDINGS: Final = {
    "term": Wordings(
        train=(
            "What is {t}?", "Define {t}.", "What does {t} mean?", "Explain {t}.", "{t}?",
            "Meaning of {t}?", "Tell me what {t} is.", "In retail media, what is {t}?",
            "Short definition of {t}", "How would you define {t}?", "I do not know {t}.",
            "Give the meaning of {t}.", "{t} - explain", "What do we call {t}?",
        ),
        held_out=(
            "A colleague asked me about {t}; what should I say?",
            "Could you put {t} into one line?",
            "Remind me how {t} is understood here.",
        ),
    ),
    "metric": Wordings(
        train=(
            "What is {t}?", "Formula of {t}?", "How is {t} computed?", "Define {t}.", "{t}?",
            "How do I calculate {t}?", "Explain {t}.", "What does {t} measure?", "{t} =",
            "Give the formula for {t}.", "Tell me how to get {t}.", "{t}: definition",
            "In a report, what is {t}?", "What goes into {t}?",
        ),
        held_out=(
            "A colleague asked me about {t}; what should I say?",
            "Which numbers are divided or added to obtain {t}?",
            "Remind me how {t} is worked out.",
        ),
    ),
    "field": Wordings(
        train=(
            "RMIS field {t}?", "What is {t} in RMIS?", "What does the column {t} hold?",
            "Meaning of the RMIS column {t}?", "Define the field {t}.", "RMIS {t}: meaning",
            "Explain the column {t}.", "What belongs into {t}?", "Describe the RMIS field {t}.",
            "In RMIS, {t} is what?", "What stands in {t}?", "Tell me about field {t}.",
        ),
        held_out=(
            "While reading rmis.parquet I met {t}; what am I looking at?",
            "Could you put the content of {t} into one line?",
            "Remind me what goes under {t}.",
        ),
    ),
    "role": Wordings(
        train=(
            "Role of {t} in RMIS?", "Which role has the field {t}?", "Is {t} core or private?",
            "May a clean room return {t}? Give its role.", "RMIS role of {t}", "{t}: which role?",
            "What kind of RMIS field is {t}?", "To which group of fields belongs {t}?",
        ),
        held_out=(
            "In which part of the schema would I find {t}?",
            "Remind me how RMIS classes {t}.",
        ),
    ),
}  # fmt: skip


def entries() -> list[Entry]:
    """Every fact, in a fixed order."""
    found = [Entry(f"metric/{t}", "metric", t, a) for t, a in METRICS]
    found += [Entry(f"term/{t}", "term", t, a) for t, a in CONCEPTS]
    for field in rmis.FIELDS:
        found.append(Entry(f"field/{field.name}", "field", field.name, field.meaning))
        found.append(Entry(f"role/{field.name}", "role", field.name, field.role.value))
    return found


def build(seed: int = 21, times: int = 8) -> Corpus:
    """The corpus of `industry_retail_media`."""
    return corpus(entries(), WORDINGS, times=times, seed=seed)
