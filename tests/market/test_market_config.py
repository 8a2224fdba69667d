from __future__ import annotations

from pathlib import Path

import pytest

from rmnctl.config import load_config
from rmnctl.config.yaml_file import validate
from rmnctl.errors import ConfigError
from rmnctl.market import MarketConfig, build_catalogue

PRESETS = sorted((Path(__file__).parents[2] / "configs" / "market").rglob("*.yaml"))


def test_the_promised_presets_exist():
    """The shipped markets are these five."""
    assert [p.stem for p in PRESETS] == ["default", "large", "null", "s_curve", "seed"]


@pytest.mark.parametrize("path", PRESETS, ids=lambda p: p.stem)
def test_every_preset_loads_and_builds_a_catalogue(path):
    """A shipped market is valid and its catalogue has the products it promises."""
    config = load_config(MarketConfig, path).model
    assert len(build_catalogue(config).skus) == config.skus


@pytest.mark.parametrize("path", PRESETS, ids=lambda p: p.stem)
def test_every_key_of_a_preset_is_explained(path):
    """Each line with a value carries a comment, or is explained on the line above."""
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    keys = [k for k in lines if k.strip().split(": ")[-1] and not k.rstrip().endswith(":")]
    plain = [k for k in keys if "#" not in k and not k.startswith(("schema", "    ", "  -", "  ["))]
    assert plain == []


def test_defaults_of_the_model_are_the_default_preset():
    """Leaving keys out means what default.yaml says, but for the choice of reports."""
    preset = load_config(MarketConfig, next(p for p in PRESETS if p.stem == "default")).model
    assert preset.model_copy(update={"exports": None}) == MarketConfig()
    dialects = {str(e.dialect) for e in preset.export_plan()}
    assert dialects == {"console_csv", "api_json", "money_text"}


def test_without_exports_each_retailer_takes_a_dialect_in_turn():
    """Reports follow from the list of retailers, and cover every placement."""
    plan = MarketConfig(retailers=("a", "b", "c", "d")).export_plan()
    assert [(e.retailer, str(e.dialect), len(e.placements)) for e in plan] == [
        ("a", "console_csv", 5),
        ("b", "api_json", 5),
        ("c", "money_text", 5),
        ("d", "console_csv", 5),
    ]


def test_every_field_says_what_it_means():
    """Each key of the schema carries its meaning, sections included."""
    schema = MarketConfig.model_json_schema()
    parts = [schema, *schema["$defs"].values()]
    fields = {
        f"{part['title']}.{name}": field
        for part in parts
        for name, field in part.get("properties", {}).items()
    }
    named = [n for n, f in fields.items() if "description" not in f and "$ref" not in f]
    assert named == []


FAULTS = {
    "retailers twice": ({"retailers": ["a", "a"]}, "retailers: .*more than once: a"),
    "no retailer": ({"retailers": []}, "retailers: .*at least 1"),
    "retailer name": ({"retailers": ["Alpha Store"]}, r"retailers\.0: .*pattern"),
    "brands twice": ({"brands": ["x", "x"]}, "brands: .*more than once: x"),
    "placement": ({"placements": ["sponsored_produkt"]}, r"placements\.0: .*sponsored_product"),
    "unknown placement": ({"placements": ["unknown"]}, r"placements\.0: .*name the placement"),
    "placement twice": ({"placements": ["video", "video"]}, "placements: .*more than once: video"),
    "currency": ({"currency": "USA"}, "currency: .*ISO 4217.*Did you mean USD"),
    "yen": ({"currency": "JPY"}, "currency: .*two decimals"),
    "no SKU": ({"skus": 0}, "skus: .*greater than or equal to 1"),
    "fewer SKUs than brands": ({"skus": 1}, "skus: 1 cannot give 2 brands one each"),
    "short history": ({"history_days": 5}, "history_days: .*28"),
    "no horizon": ({"horizon_days": 0}, "horizon_days: .*1"),
    "no events": ({"events": 0}, "events: .*1"),
    "date": ({"start_date": "5.1.2026"}, "start_date: .*date"),
    "family": ({"response": {"family": "log"}}, r"response\.family: .*saturating_exp"),
    "margin": ({"margin": {"mean": 1.2}}, r"margin\.mean: .*0\.6"),
    "tightness": ({"stock": {"tightness": 2}}, r"stock\.tightness: .*1"),
    "intensity": ({"promo": {"intensity": -1}}, r"promo\.intensity: .*0"),
    "elasticity": ({"price": {"elasticity": 1.6}}, r"price\.elasticity: .*0"),
    "organic": ({"attribution": {"organic_share": 0.95}}, r"attribution\.organic_share: .*0\.9"),
    "unknown key": ({"sku": 3}, "sku: unknown key. Did you mean skus"),
    "version": ({"schema": "rmnctl/market/v9"}, "schema: .*rmnctl/market/v1"),
    "export retailer": (
        {"exports": [{"retailer": "alfa", "dialect": "api_json"}]},
        "exports: no retailer alfa. Did you mean alpha",
    ),
    "export placement": (
        {"exports": [{"retailer": "alpha", "dialect": "api_json", "placements": ["ctv"]}]},
        "exports: the market has no ctv",
    ),
    "export twice": (
        {"exports": [{"retailer": "alpha", "dialect": "api_json", "placements": [p]}
                     for p in ("video", "onsite_display")]},
        "exports: alpha has two api_json reports",
    ),
    "export overlap": (
        {"exports": [{"retailer": "alpha", "dialect": d} for d in ("api_json", "money_text")]},
        "exports: sponsored_product of alpha is in two reports",
    ),
    "dialect": (
        {"exports": [{"retailer": "alpha", "dialect": "xml"}]},
        r"exports\.0\.dialect: .*console_csv",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("keys", "message"), FAULTS.values(), ids=FAULTS)
def test_every_fault_gets_one_clear_message(keys, message):
    """A wrong key is named by its path, once, with what would be right."""
    with pytest.raises(ConfigError, match=message) as caught:
        validate(MarketConfig, {"schema": "rmnctl/market/v1"} | keys)
    assert len(caught.value.details["faults"]) == 1
