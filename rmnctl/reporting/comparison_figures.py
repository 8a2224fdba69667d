"""How the figures of a comparison are named and written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rmnctl.comparison.document import ComparisonResult, Delta, Ends, Estimate, Money
from rmnctl.reporting.intervals import Mark
from rmnctl.reporting.tables import Figure

#: How an arm or a baseline is called on a page.
NAMES = {
    "clean_room": "Clean room",
    "federated": "Federated",
    "joined": "Joined",
    "reports": "Reports",
    "full_data": "Full data",
    "oracle": "Oracle",
    "last_period": "Last period's allocation",
    "equal_split": "Equal split",
}
_SMALL_BUDGET = 1000
Form = Literal["money", "ratio", "share", "count"]


@dataclass(frozen=True)
class Metric:
    """A metric as a page shows it.

    Attributes:
        label: Its name.
        form: How its values are written.
        meaning: What it is, in one line.
    """

    label: str
    form: Form
    meaning: str


METRICS = {
    "incremental_margin": Metric(
        "Incremental margin", "money", "margin of the units the ads added, less the spend"
    ),
    "incremental_revenue": Metric("Incremental revenue", "money", "revenue the ads added"),
    "spend": Metric("Spend", "money", "spent in truth; ads of stocked-out SKUs pause"),
    "planned_spend": Metric("Planned spend", "money", "what the plan asks for"),
    "regret": Metric("Regret", "money", "what the best plan under the truth brings more"),
    "regret_share": Metric("Regret, share of the budget", "share", "regret / budget"),
    "roas": Metric("ROAS", "ratio", "attributed revenue / spend: what networks would report"),
    "iroas": Metric("iROAS", "ratio", "incremental revenue / spend"),
    "predicted_margin": Metric(
        "Margin the plan promised", "money", "by its own curves, before it was played"
    ),
    "overpromise": Metric("Promised too much", "money", "promised less true incremental margin"),
    "stockout_spend_share": Metric(
        "Spend on stocked-out SKUs", "share", "share of the planned spend"
    ),
    "floor_broken": Metric("ROAS floor broken", "share", "share of worlds where truth falls below"),
    "accuracy": Metric("Accuracy", "share", "1 - WAPE of incremental revenue by cell"),
    "skus_with_own_curve": Metric("SKUs with a curve of their own", "count", "not pooled only"),
    "cells_with_own_curve": Metric("Cells with a curve of their own", "count", "not pooled only"),
}


def name_of(arm: str) -> str:
    """An arm's name on the page."""
    return NAMES.get(arm, words_of(arm))


def words_of(identifier: str) -> str:
    """An identifier as words."""
    return identifier.replace("_", " ")


def metric_of(name: str) -> Metric:
    """How a metric is shown; one the page does not know keeps its own name."""
    return METRICS.get(name, Metric(words_of(name), "ratio", ""))


@dataclass(frozen=True)
class Writer:
    """Writes the figures of one comparison.

    Attributes:
        currency: Of its money.
        decimals: Of its money.
    """

    currency: str
    decimals: int

    @classmethod
    def of(cls, found: ComparisonResult) -> Writer:
        """Money in whole units unless the budget is small."""
        return cls(found.currency, 0 if found.budget >= _SMALL_BUDGET else 2)

    def value(self, value: float, form: Form, *, sign: bool = False) -> str:
        """A value in its form, with a sign where it is a difference."""
        plus = "+" if sign else ""
        if form == "money":
            return settled(f"{value:{plus},.{self.decimals}f}")
        if form == "share":
            return settled(f"{100 * value:{plus}.1f}") + (" pp" if sign else " %")
        return settled(f"{value:{plus},.{2 if form == 'ratio' else 1}f}")

    def ends(self, ends: Ends, form: Form, *, sign: bool = False) -> str:
        """An interval."""
        low, high = ends
        if low is None or high is None:
            return "no interval"
        unit = " pp" if sign and form == "share" else ""
        a, b = (self.value(v, form, sign=sign).removesuffix(unit or " %") for v in (low, high))
        return f"{a} to {b}" + (unit or (" %" if form == "share" else ""))

    def figure(self, found: Estimate, form: Form, *, sign: bool = False) -> Figure:
        """A mean over its interval, for a table."""
        return Figure(
            self.value(found.mean, form, sign=sign), self.ends(found.ci95, form, sign=sign)
        )

    def percent(self, found: Money | Delta, *, sign: bool = True) -> Figure:
        """Money in per cent of the budget over its interval."""
        if found.pct is None or found.ci95_pct is None:
            return Figure("n/a", "")
        plus = "+" if sign else ""
        low, high = found.ci95_pct
        below = "no interval"
        if low is not None and high is not None:
            below = f"{settled(f'{low:{plus}.1f}')} to {settled(f'{high:{plus}.1f}')} %"
        return Figure(settled(f"{found.pct:{plus}.1f}") + " %", below)

    def mark(self, name: str, found: Estimate, form: Form = "money", *, sign: bool = False,
             strong: bool = False) -> Mark:  # fmt: skip
        """A row of a chart."""
        figure = self.figure(found, form, sign=sign)
        return Mark(name, found.mean, found.ci95, figure.text, figure.below, strong)

    def more(self, found: Delta) -> str:
        """A difference in money with its share of the budget, interval and n, as words."""
        share = self.percent(found)
        size = self.value(abs(found.mean), "money")
        return (
            f"{size} {self.currency} {'less' if found.mean < 0 else 'more'} ({share.text} of the "
            f"budget, 95 % interval {share.below}, {draws(found.n)} worlds)"
        )


def draws(n: int) -> str:
    """How many draws stand behind a figure, never broken over two lines."""
    return f"n\u00a0=\u00a0{n}"


def percent(share: float, decimals: int = 0) -> str:
    """A share as per cent."""
    return f"{100 * share:.{decimals}f} %"


def settled(text: str) -> str:
    """A rounded 0 has no sign."""
    return text.lstrip("+-") if not text.strip("+-0.,") else text


def above_zero(ends: Ends) -> bool | None:
    """True or False where the interval lies on one side of 0, else None."""
    low, high = ends
    if low is None or high is None or low <= 0 <= high:
        return None
    return low > 0
