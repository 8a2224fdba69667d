"""What a brand knows of its own products, as banded questions and answers.

Each product is learnt as a card of all its facts and as single questions. Cards are cheap per
fact; single questions are what planners ask. Facts hang on product names: numbers such as SKU ids
are not learnt by a small model.
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
        bands: Band by fact, and by retailer where the fact has one: `("stock", "alpha")`.
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
    for retailer in dict.fromkeys(str(r["retailer_id"]) for r in rows):
        own = [r for r in rows if r["retailer_id"] == retailer]
        stock = own[0]["stock_units"]
        units = float("inf") if stock is None else float(str(stock))
        bands["stock", retailer] = SCALES["stock"].band(units)
        bands["promo", retailer] = SCALES["promo"].band(sum(bool(r["promo_flag"]) for r in own))
    return Facts(sku_id, str(rows[0]["product_name"]), bands)


def answer(field: str, band: str) -> str:
    """The answer to a question for one fact."""
    return f"{field} {band}"


def card(facts: Facts, order: Sequence[str]) -> str:
    """All facts of a product in one line."""
    parts = []
    for field in order:
        own = [(r, b) for (f, r), b in facts.bands.items() if f == field]
        parts.append(f"{field} " + " ".join(b if r is None else f"{r} {b}" for r, b in own))
    return ", ".join(parts)


def _singles(
    facts: Sequence[Facts],
    wordings: Mapping[str, Sequence[str]],
    rng: random.Random,
    brand_id: str,
    times: int,
    *,
    held: bool = False,
) -> list[Row]:
    """Every fact asked for `times` times, each time in another wording."""
    rows = []
    for one in facts:
        for (field, retailer), band in one.bands.items():
            asked = wordings[field]
            for n in rng.sample(range(len(asked)), min(times, len(asked))):
                system = SYSTEM if held else some_system(rng)
                rows.append(
                    Row(
                        prompt=asked[n].format(p=one.product, r=retailer),
                        answer=answer(field, band),
                        wording=f"{field}-held-{n:02d}" if held else f"{field}-{n:02d}",
                        subject="/".join(filter(None, (field, one.sku_id, retailer))),
                        brand_id=brand_id,
                        system=system,
                    )
                )
    return rows


def _cards(facts: Sequence[Facts], rng: random.Random, brand_id: str, times: int) -> list[Row]:
    """Every card `times` times, facts in a new order each time."""
    rows = []
    for one in facts:
        for _ in range(times):
            n = rng.randrange(len(TRAIN["card"]))
            order = list(SCALES)
            rng.shuffle(order)
            rows.append(
                Row(
                    prompt=TRAIN["card"][n].format(p=one.product),
                    answer=card(one, order),
                    wording=f"card-{n:02d}",
                    subject=f"card/{one.sku_id}",
                    brand_id=brand_id,
                    system=some_system(rng),
                )
            )
    return rows


def build(
    catalogue: Catalogue, brand_id: str, *, seed: int = 41, cards: int = 36, singles: int = 3
) -> Corpus:
    """The corpus of `manufacturer_<brand>`.

    Args:
        catalogue: The market's products with their private facts.
        brand_id: Whose.
        seed: Of wordings and order.
        cards: How often each product's card is shown.
        singles: How often each single fact is asked for, each time in another wording.

    Raises:
        InputError: The catalogue has no such brand.
    """
    facts = facts_of(catalogue, brand_id)
    if not facts:
        raise InputError(f"The catalogue has no brand {brand_id}.")
    rng = random.Random(seed)  # noqa: S311 - variety, not secrets
    train = _cards(facts, rng, brand_id, cards) + _singles(facts, TRAIN, rng, brand_id, singles)
    tone = tone_corpus(catalogue, brand_id, seed)
    train += tone.train
    rng.shuffle(train)
    held = _singles(facts, HELD_OUT, rng, brand_id, 1, held=True)
    return Corpus(tuple(train), (*held, *tone.eval))
