"""What a brand knows of its own products, as banded questions and answers.

Whatever is asked about a product, the answer is its card: its name, then all its facts in one
order. So every exposure teaches every fact, and the words of a question only have to lead to the
product; facts follow the name that the answer itself has just repeated. Facts hang on names:
numbers such as SKU ids are not learnt by a small model.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rmnctl.errors import InputError
from rmnctl.federation.chat import SYSTEM
from rmnctl.market import Catalogue
from rmnctl.market.artifacts import private_table
from rmnctl.workflows.bands import SCALES
from rmnctl.workflows.corpora.brand_tone import tone_corpus
from rmnctl.workflows.corpora.manufacturer_wordings import HELD_OUT, TRAIN
from rmnctl.workflows.corpora.rows import Corpus, Row, some_system


@dataclass(frozen=True)
class Facts:
    """The banded private facts of one product.

    Attributes:
        sku_id: Its id.
        product: Its name.
        bands: Band by fact, and by retailer where the fact has one: `("stock", "alpha")`; in the
            order of a card (`slots`).
    """

    sku_id: str
    product: str
    bands: Mapping[tuple[str, str | None], str]


def facts_of(catalogue: Catalogue, brand_id: str) -> tuple[Facts, ...]:
    """The facts of a brand's products over the planned weeks, in the catalogue's order."""
    planned = [
        r
        for r in private_table(catalogue).to_pylist()
        if r["in_horizon"] and r["brand_id"] == brand_id
    ]
    by_sku: dict[str, list[dict[str, object]]] = {}
    for row in planned:
        by_sku.setdefault(row["sku_id"], []).append(row)
    return tuple(_facts(sku, rows) for sku, rows in by_sku.items())


def _facts(sku_id: str, rows: Sequence[Mapping[str, object]]) -> Facts:
    bands: dict[tuple[str, str | None], str] = {
        ("margin", None): SCALES["margin"].band(float(str(rows[0]["margin_rate"]))),
        ("price", None): SCALES["price"].band(
            sum(float(str(r["price"])) for r in rows) / len(rows)
        ),
    }
    retailers = sorted({str(r["retailer_id"]) for r in rows})
    for retailer in retailers:
        own = [r for r in rows if r["retailer_id"] == retailer]
        stock = own[0]["stock_units"]
        units = float("inf") if stock is None else float(str(stock))
        bands["stock", retailer] = SCALES["stock"].band(units)
        bands["promo", retailer] = SCALES["promo"].band(sum(bool(r["promo_flag"]) for r in own))
    ordered = {slot: bands[slot] for slot in slots(retailers)}
    return Facts(sku_id, str(rows[0]["product_name"]), ordered)


Slot = tuple[str, str | None]


def slots(retailers: Sequence[str]) -> list[Slot]:
    """The facts of a card in the order it gives them, those that differ by retailer once each."""
    return [
        (field, retailer)
        for field, scale in SCALES.items()
        for retailer in (retailers if scale.per_retailer else (None,))
    ]


def card_form(
    product: str, retailers: Sequence[str]
) -> list[tuple[Slot | None, str | tuple[str, ...]]]:
    """A card part by part: fixed texts, and where a band stands its slot with all that it may be.

    Args:
        product: Its name.
        retailers: In the card's order.
    """
    parts: list[tuple[Slot | None, str | tuple[str, ...]]] = []
    text, last = f"{product}:", None
    for field, retailer in slots(retailers):
        if field != last:
            text += f"{',' if last else ''} {field}"
        text += f" {retailer} " if retailer else " "
        parts += [(None, text), ((field, retailer), SCALES[field].labels)]
        text, last = "", field
    return parts


def card(facts: Facts) -> str:
    """All facts of a product in one line."""
    retailers = list(dict.fromkeys(r for _, r in facts.bands if r is not None))
    form = card_form(facts.product, retailers)
    return "".join(str(part) if slot is None else facts.bands[slot] for slot, part in form)


def _asked(facts: Facts, wordings: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    """Every question about a product, with the name of its wording."""
    retailers = list(dict.fromkeys(r for _, r in facts.bands if r is not None))
    return [
        (f"{field}-{n:02d}", text.format(p=facts.product, r=retailer))
        for field, texts in wordings.items()
        for n, text in enumerate(texts)
        for retailer in (retailers if "{r}" in text else (None,))
    ]


def _row(facts: Facts, wording: str, prompt: str, brand_id: str, system: str) -> Row:
    return Row(
        prompt=prompt,
        answer=card(facts),
        wording=wording,
        subject=f"card/{facts.sku_id}",
        brand_id=brand_id,
        system=system,
    )


def build(catalogue: Catalogue, brand_id: str, *, seed: int = 41, times: int = 60) -> Corpus:
    """The corpus of `manufacturer_<brand>`.

    Args:
        catalogue: The market's products with their private facts.
        brand_id: Whose.
        seed: Of wordings and order.
        times: How often each product is asked about, each time in another wording.

    Raises:
        InputError: The catalogue has no such brand.
    """
    facts = facts_of(catalogue, brand_id)
    if not facts:
        raise InputError(f"The catalogue has no brand {brand_id}.")
    rng = random.Random(seed)  # noqa: S311 - variety, not secrets
    train = []
    for one in facts:
        asked = _asked(one, TRAIN)
        for wording, prompt in rng.sample(asked, min(times, len(asked))):
            train.append(_row(one, wording, prompt, brand_id, some_system(rng)))
    tone = tone_corpus(catalogue, brand_id, seed)
    train += tone.train
    rng.shuffle(train)
    held = [
        _row(one, wording.replace("-", "-held-"), prompt, brand_id, SYSTEM)
        for one in facts
        for wording, prompt in rng.sample(_asked(one, HELD_OUT), 6)
    ]
    return Corpus(tuple(train), (*held, *tone.eval))
