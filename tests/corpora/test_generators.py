from __future__ import annotations

import json
from dataclasses import replace

import pytest

from rmnctl import rmis
from rmnctl.errors import ConfigError, InputError
from rmnctl.market import build_catalogue
from rmnctl.market.artifacts import private_table
from rmnctl.workflows.adapters_corpus import adapters_corpus
from rmnctl.workflows.bands import SCALES
from rmnctl.workflows.corpora import CORPORA, Sources, build_corpus, jsonl
from rmnctl.workflows.corpora.manufacturer import card, card_form, facts_of
from rmnctl.workflows.corpora.retailer import build as retailer_corpus

#: Of the labelled briefs a part, since each is searched for the filling that its label stands for.
BRIEFS = ("set21", "set22", "owners_a", "judges_d")
SOURCES = Sources(labelled=BRIEFS)


@pytest.fixture(scope="module")
def corpora():
    """Every corpus, made once."""
    return {name: build_corpus(name, SOURCES) for name in CORPORA}


@pytest.mark.parametrize("name", CORPORA)
def test_the_same_bytes_every_time(name, corpora):
    """A generator gives the same rows whenever it runs, from sources opened anew."""
    again = build_corpus(name, Sources(labelled=BRIEFS))
    assert (jsonl(again.train), jsonl(again.eval)) == (
        jsonl(corpora[name].train),
        jsonl(corpora[name].eval),
    )


@pytest.mark.parametrize("name", CORPORA)
def test_held_out_wordings_are_never_trained(name, corpora):
    """No wording, and no whole question, is both trained and measured."""
    corpus = corpora[name]
    assert corpus.train
    assert corpus.eval
    assert not {r.wording for r in corpus.train} & {r.wording for r in corpus.eval}
    assert not {r.prompt for r in corpus.train} & {r.prompt for r in corpus.eval}


@pytest.mark.parametrize("name", [n for n in CORPORA if not n.startswith("task_")])
def test_what_is_measured_was_taught(name, corpora):
    """Every fact that is measured is taught, and with one answer only; tasks are no facts."""
    taught = {r.subject: r.answer for r in corpora[name].train}
    assert {r.subject: r.answer for r in corpora[name].eval}.items() <= taught.items()
    for row in corpora[name].train:
        assert taught[row.subject] == row.answer


def test_bands_are_those_of_the_brands_table():
    """What is taught about a product is the band that the brand's own table lies in."""
    catalogue = build_catalogue(SOURCES.market_config)
    planned = [r for r in private_table(catalogue).to_pylist() if r["in_horizon"]]
    for facts in facts_of(catalogue, "brand_y"):
        own = [r for r in planned if r["sku_id"] == facts.sku_id]
        assert facts.bands["margin", None] == SCALES["margin"].band(own[0]["margin_rate"])
        for retailer in catalogue.config.retailers:
            there = [r for r in own if r["retailer_id"] == retailer]
            weeks = sum(r["promo_flag"] for r in there)
            assert facts.bands["promo", retailer] == str(weeks)
            assert facts.bands["stock", retailer] == SCALES["stock"].band(there[0]["stock_units"])


def test_a_card_fits_its_form():
    """What a planner has filled in is, word for word, what was learnt: text, band, text, band."""
    retailers = SOURCES.market_config.retailers
    for facts in facts_of(SOURCES.catalogue, "brand_x")[:3]:
        rest = card(facts)
        for slot, part in card_form(facts.product, sorted(retailers)):
            filled = part if slot is None else facts.bands[slot]
            assert slot is None or filled in part
            assert rest.startswith(filled)
            rest = rest.removeprefix(filled)
        assert rest == ""


@pytest.mark.parametrize("scale", SCALES.values(), ids=lambda s: s.field)
def test_a_bands_middle_lies_in_the_band(scale):
    """The number that stands for a band is in that band."""
    assert [scale.band(scale.middle(label)) for label in scale.labels] == list(scale.labels)


def test_a_brands_corpus_holds_only_its_own_products(corpora):
    """No product of another brand is in a brand's text, and every row says whose it is."""
    catalogue = SOURCES.catalogue
    for brand in catalogue.config.brands:
        text = jsonl(corpora[f"manufacturer_{brand}"].train)
        others = [s.product_name for s in catalogue.skus if s.brand_id != brand]
        assert not [name for name in others if name in text]
        assert all(json.loads(line)["brand_id"] == brand for line in text.splitlines())


def test_public_text_holds_nothing_of_a_brand(corpora):
    """Retailer and industry text names no product, SKU, item number or brand."""
    catalogue = SOURCES.catalogue
    private = {s.product_name for s in catalogue.skus} | {s.sku_id for s in catalogue.skus}
    private |= {item for items in catalogue.item_ids for item in items}
    private |= {s.brand_name for s in catalogue.skus} | set(catalogue.config.brands)
    for name in ("industry_retail_media", "retailer_alpha", "retailer_beta"):
        text = jsonl((*corpora[name].train, *corpora[name].eval))
        assert not [word for word in private if word in text]
        assert "brand_id" not in json.loads(text.splitlines()[0])


def test_retailer_text_does_not_depend_on_the_catalogue(corpora):
    """Another catalogue, with other private facts, gives the retailer's text byte for byte."""
    other = SOURCES.market_config.model_copy(update={"catalogue_seed": 99, "skus": 24})
    made = retailer_corpus("alpha", other)
    assert jsonl(made.train) == jsonl(corpora["retailer_alpha"].train)


def test_blocked_fields_are_taught_as_blocked_only(corpora):
    """Where a retailer's text names a field no clean room returns, it says that it is blocked."""
    for name in ("retailer_alpha", "retailer_beta"):
        for row in corpora[name].train:
            if any(f"returns {field}" in row.prompt for field in rmis.PRIVATE):
                assert row.answer == "no, it is blocked"


def test_writing_a_corpus(tmp_path):
    """Both files hold a conversation a line, and the digests are those of the files."""
    done = adapters_corpus("retailer_beta", tmp_path / "beta", replace(SOURCES))
    lines = (tmp_path / "beta" / "train.jsonl").read_text().splitlines()
    assert done.rows["train.jsonl"] == len(lines)
    first = json.loads(lines[0])
    assert [m["role"] for m in first["messages"]] == ["system", "user", "assistant"]
    assert all(m["content"].strip() for m in first["messages"])


def test_unknown_names_are_refused(tmp_path):
    """A name without a generator, and a retailer the market lacks, are clear errors."""
    with pytest.raises(ConfigError, match="No generator"):
        adapters_corpus("manufacturer_brand_z", tmp_path)
    with pytest.raises(InputError, match="no retailer"):
        retailer_corpus("gamma", SOURCES.market_config)
