"""Which generator makes whose text; a new adapter is one more line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from rmnctl.agents.briefs import Vocabulary
from rmnctl.config import load_config
from rmnctl.errors import ConfigError, did_you_mean
from rmnctl.market import Catalogue, MarketConfig, build_catalogue
from rmnctl.workflows.briefs import DEFAULT_NAMES, load_vocabulary
from rmnctl.workflows.corpora import briefs, creative, harmonize, industry, manufacturer, retailer
from rmnctl.workflows.corpora.rows import Corpus


@dataclass(frozen=True)
class Sources:
    """What generators may read.

    Attributes:
        market: Configuration of the market whose catalogue and exports are learnt.
        mappings: Mappings of the exports, one a dialect.
        cleanroom: Clean-room policies.
        briefs: The names that briefs use.
        labelled: Files of labelled briefs; None: all.
    """

    market: Path = Path("configs/market/default.yaml")
    mappings: Path = Path("configs/mappings/simulated")
    cleanroom: Path = Path("configs/cleanroom")
    briefs: Path = DEFAULT_NAMES
    labelled: tuple[str, ...] | None = None

    @cached_property
    def market_config(self) -> MarketConfig:
        """The market, checked."""
        return load_config(MarketConfig, self.market).model

    @cached_property
    def names(self) -> Vocabulary:
        """What briefs call retailers, brands, placements and products."""
        return load_vocabulary(self.briefs)[1]

    @cached_property
    def catalogue(self) -> Catalogue:
        """Products and private facts."""
        return build_catalogue(self.market_config)


def _retailer(name: str) -> Callable[[Sources], Corpus]:
    return lambda s: retailer.build(
        name, s.market_config, mappings=s.mappings, cleanroom=s.cleanroom
    )


def _manufacturer(brand_id: str) -> Callable[[Sources], Corpus]:
    return lambda s: manufacturer.build(s.catalogue, brand_id)


#: By adapter_id.
CORPORA: Final[Mapping[str, Callable[[Sources], Corpus]]] = {
    "industry_retail_media": lambda _: industry.build(),
    "retailer_alpha": _retailer("alpha"),
    "retailer_beta": _retailer("beta"),
    "manufacturer_brand_x": _manufacturer("brand_x"),
    "manufacturer_brand_y": _manufacturer("brand_y"),
    "task_planning": lambda s: briefs.build(s.names, s.labelled),
    "task_creative": lambda _: creative.build(),
    "task_harmonize": lambda _: harmonize.build(),
}


def build_corpus(adapter_id: str, sources: Sources | None = None) -> Corpus:
    """The text that an adapter is trained and measured on; the same every time.

    Raises:
        ConfigError: No generator has that name, or a source is no valid configuration.
        InputError: A source lacks what the adapter is about.
    """
    if adapter_id not in CORPORA:
        raise ConfigError(
            f"No generator makes text for {adapter_id!r}.",
            hint=f"{did_you_mean(adapter_id, CORPORA)} There are: {', '.join(CORPORA)}.",
        )
    return CORPORA[adapter_id](sources or Sources())
