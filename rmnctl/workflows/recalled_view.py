"""What the composed model answers about each SKU, as the table that a planner would be given.

The brand's table is not opened: products are asked for by their public names, the answer is the
product's card, filled in fact by fact with the likeliest of the public bands (`bands`), and the
number in the middle of a band is planned with.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa

from rmnctl.errors import InputError
from rmnctl.federation import AdapterType, LoRAFederation, Request
from rmnctl.tables import read_rows
from rmnctl.workflows.bands import PROMO, SCALES
from rmnctl.workflows.corpora.manufacturer import Slot, card_form

RECALL_SCHEMA = "recall/v1"

#: What is asked, in a wording that training shows; recall in others is `rmnctl evaluate`'s.
QUESTIONS: Final = ("Card of {p}?",)

#: Anybody's idea of a promotion (docs/market.md, priors): discount, share of it that the brand
#: funds, units over usual, and how often a week is promoted.
DISCOUNT, FUNDED, UNITS, USUAL = 0.15, 0.5, 2.1, 0.25
#: Weeks that a horizon of 28 days touches, where it does not begin on a Monday.
WEEKS: Final = 5

Key = tuple[str, str | None, str]


@dataclass(frozen=True)
class RecalledView:
    """What a model knows of a brand's SKUs.

    Attributes:
        table: One row a retailer and SKU, columns as `private_view`.
        answers: One row a fact: sku_id, retailer_id, field, band, and card_probability, how
            likely the model finds the whole card that it gave.
        adapters: Which adapters answered.
    """

    table: pa.Table
    answers: pa.Table
    adapters: tuple[str, ...]

    def bands(self) -> dict[Key, str]:
        """The answered band by SKU, retailer and fact."""
        return {
            (r["sku_id"], r["retailer_id"], r["field"]): r["band"] for r in self.answers.to_pylist()
        }


def products_of(catalogue: Path, brand_id: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """A brand's SKUs with their names, and the retailers, from the public catalogue.

    Raises:
        InputError: The catalogue has no product names, or no SKU of the brand.
    """
    rows = [r for r in read_rows(catalogue) if r.get("brand_id") == brand_id]
    if not rows or "product_name" not in rows[0]:
        raise InputError(
            f"{catalogue} names no product of that brand.",
            hint="Mode federated asks for products by name; the catalogue needs product_name.",
        )
    return (
        {r["sku_id"]: r["product_name"] for r in rows},
        tuple(sorted({r["retailer_id"] for r in rows})),
    )


def recalled_view(
    federation: LoRAFederation,
    products: Mapping[str, str],
    brand_id: str,
    retailers: Sequence[str],
    *,
    wordings: Sequence[str] = QUESTIONS,
    force_adapters: Sequence[str] | None = None,
) -> RecalledView:
    """Ask the composed model for the card of every SKU; the form of a card is given.

    Args:
        federation: Who is asked, under the brand's own adapter on what it was trained on; the
            industry's and retailers' know nothing of SKUs, and each costs some recall.
        products: Product name by SKU id.
        brand_id: Whose products; no other brand's adapter answers.
        retailers: Where they are sold.
        wordings: How products are asked for, in turn; slots {p} and, if need be, {r}.
        force_adapters: Exactly these adapters instead.

    Raises:
        InputError: There are no products, or an adapter cannot be used.
        Failure: The backend is a server.
    """
    if not products:
        raise InputError("There is no SKU to ask for.")
    asked = _knowing(federation, brand_id) if force_adapters is None else tuple(force_adapters)
    sellers = sorted(retailers)
    named = sorted(products.items())
    forms = [card_form(name, sellers) for _, name in named]
    requests = [
        Request(
            wordings[n % len(wordings)].format(p=name, r=sellers[n % len(sellers)]),
            brand_id=brand_id,
            form=tuple(part for _, part in form),
            force_adapters=asked,
        )
        for n, ((_, name), form) in enumerate(zip(named, forms, strict=True))
    ]
    cards = [answer.text for answer in federation.infer_batch(requests)]
    bands: dict[Key, str] = {}
    for (sku, _), form, text in zip(named, forms, cards, strict=True):
        for (field, retailer), band in _bands(form, text).items():
            bands[sku, retailer, field] = band
    chances = [math.exp(-g.nll) for g in federation.grade(requests, cards)]
    sure = dict(zip([sku for sku, _ in named], chances, strict=True))
    table = _table(bands, [sku for sku, _ in named], sellers)
    return RecalledView(table, _answers(bands, sure), federation.log[-1].adapters)


def _bands(form: Sequence[tuple[Slot | None, str | tuple[str, ...]]], text: str) -> dict[Slot, str]:
    """What a filled-in form says; bands are single letters or digits."""
    found, at = {}, 0
    for slot, part in form:
        if slot is None:
            at += len(part)
        else:
            found[slot] = text[at]
            at += 1
    return found


def _knowing(federation: LoRAFederation, brand_id: str) -> tuple[str, ...]:
    """The brand's own adapter and its parents.

    Without it an answer is a guess; nobody should plan on it.
    """
    layers = federation.select(None, None, brand_id).layers
    own = next(x for x in layers if x.adapter_type is AdapterType.MANUFACTURER)
    if own.adapter is None:
        raise InputError(
            f"No adapter knows the SKUs of {brand_id}: {own.reason}.",
            hint="Train one (docs/federation.md), or plan in another mode.",
        )
    return (*(p.adapter_id for p in own.adapter.card.parents), own.adapter.id)


def _answers(bands: Mapping[Key, str], sure: Mapping[str, float]) -> pa.Table:
    return pa.table(
        {
            "sku_id": [sku for sku, _, _ in bands],
            "retailer_id": pa.array([retailer for _, retailer, _ in bands], pa.string()),
            "field": [field for _, _, field in bands],
            "band": list(bands.values()),
            "card_probability": pa.array([sure[sku] for sku, _, _ in bands], pa.float64()),
        }
    )


def _table(bands: Mapping[Key, str], skus: Sequence[str], retailers: Sequence[str]) -> pa.Table:
    """Bands as numbers, in the order of `private_view`."""
    rows = []
    for retailer in retailers:
        for sku in skus:
            margin = SCALES["margin"].middle(bands[sku, None, "margin"])
            price = SCALES["price"].middle(bands[sku, None, "price"])
            weeks = PROMO.middle(bands[sku, retailer, "promo"])
            rows.append(
                {
                    "retailer_id": retailer,
                    "sku_id": sku,
                    **_planned(margin, price, weeks / WEEKS),
                    "stock_units": SCALES["stock"].middle(bands[sku, retailer, "stock"]),
                }
            )
    names = ("retailer_id", "sku_id", "margin_rate", "price", "stock_units", "promo_multiplier")
    return pa.Table.from_pylist(rows).select(names)


def _planned(margin: float, price: float, share: float) -> dict[str, float]:
    """Margin, price and revenue of the planned weeks, a share of them on promotion."""
    units = 1 + share * (UNITS - 1)
    revenue = 1 + share * (UNITS * (1 - DISCOUNT) - 1)
    usual = 1 + USUAL * (UNITS * (1 - DISCOUNT) - 1)
    funding = share * UNITS * DISCOUNT * FUNDED
    return {
        "margin_rate": (margin * units - funding) / revenue,
        "price": price * revenue / units,
        "promo_multiplier": revenue / usual,
    }


def recall(view: RecalledView, truth: Mapping[Key, str]) -> dict[str, dict[str, float]]:
    """Share of right bands by fact, beside what always guessing the commonest band would get.

    Args:
        view: What was answered.
        truth: The right band by SKU, retailer and fact.
    """
    found = {}
    answered = view.bands()
    for field, scale in SCALES.items():
        keys = [k for k in answered if k[2] == field and k in truth]
        if not keys:
            continue
        right = [truth[k] for k in keys]
        hits = sum(answered[k] == truth[k] for k in keys)
        near = sum(
            abs(scale.labels.index(answered[k]) - scale.labels.index(truth[k])) <= 1 for k in keys
        )
        commonest = max(right.count(b) for b in set(right))
        found[field] = {
            "questions": float(len(keys)),
            "right": hits / len(keys),
            "right_or_next": near / len(keys),
            "majority_guess": commonest / len(keys),
        }
    return found
