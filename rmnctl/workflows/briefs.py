"""`rmnctl plan --brief`: briefs to requests, with the names that a market uses."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from rmnctl.agents.briefs import Named, Product, Understood, Vocabulary, understand
from rmnctl.config import ConfigModel, Settings, load_config
from rmnctl.errors import ConfigError, Findings, InputError, RmnctlError
from rmnctl.market import MarketConfig, build_catalogue
from rmnctl.rmis import PlacementType
from rmnctl.tables import read_rows

if TYPE_CHECKING:
    from rmnctl.agents.briefs.adviser import ModelAdviser

DEFAULT_NAMES = Path("configs/briefs.yaml")
#: A file of briefs is written by people; anything longer is a mistaken data file.
MAX_BYTES = 64 * 1024 * 1024


class BriefsConfig(ConfigModel):
    """Configuration `rmnctl/briefs/v1`: the names that briefs may use."""

    schema_: Literal["rmnctl/briefs/v1"] = Field(alias="schema")
    market: Path = Field(description="market configuration: retailers, brands, products")
    catalogue: Path | None = Field(
        None, description="catalogue table in place of the market's own products"
    )
    federation: Path | None = Field(
        None, description="configuration of the model that reads beside the rules; null: rules only"
    )
    currency: str | None = Field(None, pattern=r"^[A-Z]{3}$", description="of the market")
    retailers: dict[str, tuple[str, ...]] = Field({}, description="other names, by retailer")
    brands: dict[str, tuple[str, ...]] = Field({}, description="other names, by brand")
    placements: dict[PlacementType, tuple[str, ...]] = Field(
        {}, description="other names, by placement type"
    )
    families: dict[str, tuple[PlacementType, ...]] = Field(
        {}, description="words that, where excluded, mean several placement types"
    )
    other_retailers: tuple[str, ...] = Field((), description="networks known not to be here")
    other_brands: tuple[str, ...] = Field((), description="brands known not to be here")
    blocked: dict[str, tuple[str, ...]] = Field(
        {}, description="ways to ask for each field that no clean room gives"
    )


@dataclass(frozen=True)
class Brief:
    """One line of a brief file."""

    id: str
    text: str


def load_vocabulary(path: Path = DEFAULT_NAMES) -> tuple[BriefsConfig, Vocabulary]:
    """The names of a configuration and of its market.

    Raises:
        ConfigError: The configuration or its market is wrong.
        InputError: The catalogue table cannot be read.
    """
    config = load_config(BriefsConfig, path).model
    market = load_config(MarketConfig, config.market).model
    rows = _rows(config, market)
    brand_names: dict[str, list[str]] = {b: list(config.brands.get(b, ())) for b in market.brands}
    for row in rows:
        known = brand_names.setdefault(
            row["brand_id"], list(config.brands.get(row["brand_id"], ()))
        )
        if row["brand_name"] not in known:
            known.append(row["brand_name"])
    placements = [p for p in PlacementType if p is not PlacementType.UNKNOWN]
    return config, Vocabulary(
        retailers=tuple(Named(id=r, names=config.retailers.get(r, ())) for r in market.retailers),
        brands=tuple(Named(id=b, names=tuple(n)) for b, n in brand_names.items()),
        placements=tuple(Named(id=p.value, names=config.placements.get(p, ())) for p in placements),
        products=tuple(_products(rows)),
        sold=tuple(market.placements),
        families=tuple(Named(id=name, names=ids) for name, ids in config.families.items()),
        other_retailers=config.other_retailers,
        other_brands=config.other_brands,
        blocked=tuple(Named(id=name, names=words) for name, words in config.blocked.items()),
        currency=config.currency,
    )


def _rows(config: BriefsConfig, market: MarketConfig) -> list[dict[str, Any]]:
    columns = ("sku_id", "brand_id", "brand_name", "product_line", "product_name", "gtin14")
    if config.catalogue is None:
        catalogue = build_catalogue(market)
        return [{c: getattr(sku, c) for c in columns} for sku in catalogue.skus]
    return read_rows(config.catalogue, ", ".join(columns))


_PACK = re.compile(r",? (?:Pack of \d+|[\d.]+ (?:fl oz|oz|lb|ct|pack))$")


#: `sunscreen` is name enough, `food` is not.
_LONG_ENOUGH = 7
_FEWEST_WORDS = 2


def _kinds(name: str) -> Iterable[str]:
    """What people call a product for short: its kind (`hand cream`), or what comes before the kind.

    Args:
        name: Without brand and pack, e.g. `Shea Hand Cream`.
    """
    words = name.split()
    for start in range(1, len(words)):
        kind = words[start:]
        if kind[0] != "&" and (len(kind) >= _FEWEST_WORDS or len(kind[0]) >= _LONG_ENOUGH):
            yield " ".join(kind)
    if len(words) > _FEWEST_WORDS and words[-_FEWEST_WORDS] != "&":
        yield " ".join(words[:-1])


def _products(rows: Sequence[dict[str, Any]]) -> Iterable[Product]:
    """Products with the shorter names that mean one product of their brand, and those of their kind.

    A kind may be several products: left out together, but no single one to be limited.
    """
    short, kinds = defaultdict[str, list[str]](list), dict[str, list[str]]()
    for row in rows:
        name = str(row["product_name"])
        bare = _PACK.sub("", _PACK.sub("", name))
        own = bare.removeprefix(f"{row['brand_name']} ")
        short[row["sku_id"]] = list(
            dict.fromkeys([name, bare, name.removeprefix(f"{row['brand_name']} "), own])
        )
        kinds[row["sku_id"]] = [kind for kind in _kinds(own) if kind not in short[row["sku_id"]]]
    brand = {row["sku_id"]: row["brand_id"] for row in rows}
    count = Counter((brand[s], n) for s, names in short.items() for n in names)
    for row in rows:
        sku = row["sku_id"]
        names = [n for n in short[sku] if count[brand[sku], n] == 1]
        names += [*kinds[sku], row["gtin14"], row["gtin14"][2:]]
        yield Product(sku_id=sku, brand_id=row["brand_id"], names=tuple(names))


def read_briefs(path: Path) -> list[Brief]:
    """The lines `{id, brief}` of a file.

    Raises:
        InputError: The file or a line of it is not that, by line number.
    """
    if str(path) == "-":
        return _briefs(path, sys.stdin.read().splitlines())
    if not path.is_file():
        raise InputError(f"{path} does not exist.", hint='It holds lines {"id": …, "brief": …}.')
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f"{path} is larger than {MAX_BYTES // 1024**2} MiB.")
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text.") from error
    return _briefs(path, lines)


def _briefs(path: Path, lines: Sequence[str]) -> list[Brief]:
    made: list[Brief] = []
    seen: set[str] = set()
    for number, line in enumerate(lines, 1):
        if line.strip():
            brief = _line(path, number, line)
            if brief.id in seen:
                raise InputError(f"{path}, line {number}: this id was there before.")
            seen.add(brief.id)
            made.append(brief)
    if not made:
        raise InputError(f"{path} holds no brief.", hint='One line each: {"id": …, "brief": …}.')
    return made


def _line(path: Path, number: int, line: str) -> Brief:
    hint = 'One JSON object a line: {"id": "b1", "brief": "Spend 40,000 USD …"}.'
    try:
        row = json.loads(line)
    except ValueError as error:
        raise InputError(f"{path}, line {number}: no JSON.", hint=hint) from error
    if not isinstance(row, dict) or not isinstance(row.get("brief"), str):
        raise InputError(f"{path}, line {number}: no text under `brief`.", hint=hint)
    identifier = row.get("id", f"line {number}")
    if not isinstance(identifier, str | int) or isinstance(identifier, bool):
        raise InputError(f"{path}, line {number}: `id` is neither text nor a number.", hint=hint)
    return Brief(str(identifier), row["brief"])


def understand_briefs(
    briefs: Sequence[Brief],
    names: Path = DEFAULT_NAMES,
    settings: Settings | None = None,
    *,
    rules_only: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> tuple[list[tuple[str, Understood]], str]:
    """Each brief's request, or its problem; and what read them, `rules` or `rules and model`.

    Args:
        briefs: What to read.
        names: Configuration of the names that briefs may use.
        settings: Where pulled models lie.
        rules_only: Without the model.
        say: Is told why there is no model, where there is none.

    Raises:
        ConfigError: The names are wrong.
    """
    if not names.exists():
        raise ConfigError(f"{names} does not exist.", hint="It says which names briefs may use.")
    config, vocabulary = load_vocabulary(names)
    adviser = None if rules_only else make_adviser(config, vocabulary, settings, say)
    found = understand([b.text for b in briefs], vocabulary, adviser)
    reader = "rules and model" if adviser is not None else "rules"
    return [(b.id, u) for b, u in zip(briefs, found, strict=True)], reader


def make_adviser(
    config: BriefsConfig,
    vocabulary: Vocabulary,
    settings: Settings | None,
    say: Callable[[str], None],
) -> ModelAdviser | None:
    """The model that reads briefs beside the rules, where it and its adapter are on this machine.

    Nothing of it is loaded before there is a brief.
    """
    if config.federation is None:
        return None
    from rmnctl.agents.briefs.adviser import TASK, ModelAdviser
    from rmnctl.federation import FederationConfig, LocalBackend, LoRAFederation

    try:
        federation = LoRAFederation(
            load_config(FederationConfig, config.federation).model, settings
        )
        layers = federation.select(TASK, None, None).adapters
    except RmnctlError as error:
        say(f"Briefs are read by rules alone: {error.message}")
        return None
    if not isinstance(federation.config.backend, LocalBackend):
        say("Briefs are read by rules alone: a model behind a server fills in no forms.")
        return None
    # The task adapter alone, as it was trained and measured.
    own = tuple(a.id for a in layers if a.card.task == TASK)
    if not own:
        say("Briefs are read by rules alone: no adapter for planning is here.")
        return None
    return ModelAdviser(federation, vocabulary, force_adapters=own)


def raise_problems(found: Sequence[tuple[str, Understood]]) -> None:
    """End with exit code 5 where some brief could not be understood.

    Raises:
        Findings: Names how many, and which.
    """
    wrong = [(i, u.problem) for i, u in found if u.problem is not None]
    if wrong:
        raise Findings(
            f"{len(wrong)} of {len(found)} briefs cannot be planned.",
            hint="Each says why under `error`.",
            details={"problems": {i: p.code.value for i, p in wrong}},
        )
