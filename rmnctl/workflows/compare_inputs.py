"""What a comparison reads, opened and checked: market, request, policies, and what arms know."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from rmnctl.cleanroom import Policy
from rmnctl.cleanroom.policy import find_policy, load_policy
from rmnctl.comparison.config import CompareConfig
from rmnctl.comparison.document import Missing
from rmnctl.comparison.play import Play, Study
from rmnctl.comparison.studies import (
    FIELDS,
    arm_plays,
    coalition_plays,
    dose_plays,
    extra_plays,
    named_views,
    recipe_plays,
)
from rmnctl.config import Settings, load_config
from rmnctl.errors import ConfigError
from rmnctl.market import Catalogue, MarketConfig, build_catalogue
from rmnctl.market.artifacts import private_table
from rmnctl.market.config import MARKET_SCHEMA
from rmnctl.planning import Objective, PlanRequest
from rmnctl.runs import Input, file_input
from rmnctl.tables import write_table
from rmnctl.workflows.compare_answers import Answers, open_answers, own_rows
from rmnctl.workflows.private_view import coalition_views, private_view

Views = dict[frozenset[str], pa.Table]


@dataclass(frozen=True)
class Opened:
    """Everything a comparison needs.

    Attributes:
        study: The main study.
        inputs: For the manifest.
        primary: The metric that decides.
        missing: Arms that were asked for and cannot be played.
        answers: What each adapter knew.
    """

    study: Study
    inputs: list[Input]
    primary: str
    missing: tuple[Missing, ...]
    answers: Answers


def open_inputs(config: CompareConfig, settings: Settings) -> Opened:
    """Open and check what the configuration names.

    Raises:
        ConfigError: Market and request do not fit, or a policy is missing.
        InputError: An adapter's answers belong to another market.
    """
    inputs = [_file("market", config.market, MARKET_SCHEMA)]
    inputs.append(_file("request", config.request, "rmnctl/request/v1"))
    market = load_config(MarketConfig, config.market).model
    request = load_config(PlanRequest, config.request).model
    check_fit(market, request)
    policies, files = open_policies(config.policies, market.retailers)
    catalogue = build_catalogue(market)
    views = market_views(catalogue, config.margin_rate, everything=config.ablation is not None)
    answers = open_answers(config, catalogue, request.brand_id, views, settings)
    missing = []
    if "federated" in config.arms and answers.federated is None:
        why = "No answers of a composed model were given (federated.view or federated.confusion)."
        missing.append(Missing(name="federated", reason=why))
    arms = [a for a in config.arms if a != "federated" or answers.federated is not None]
    plays, known = arm_plays(arms), named_views(views, answers.federated)
    for more, some in _further(config, views, answers, catalogue, request.brand_id):
        plays += more
        known |= some
    study = Study(market, request, policies, tuple(plays), known, config.seed)
    every = [*inputs, *_side_files(config), *files, *answers.inputs]
    return Opened(study, every, primary_metric(request), tuple(missing), answers)


def _side_files(config: CompareConfig) -> list[Input]:
    """Markets of the side studies."""
    found = []
    if config.null_market is not None:
        found.append(_file("null_market", config.null_market.market, MARKET_SCHEMA))
    if config.robustness is not None:
        found += [
            _file(f"robustness_{number}", path, MARKET_SCHEMA)
            for number, path in enumerate(config.robustness.markets, 1)
        ]
    return found


def _further(
    config: CompareConfig, views: Views, answers: Answers, catalogue: Catalogue, brand: str
) -> Iterator[tuple[list[Play], dict[str, pa.Table]]]:
    """Plays beside the arms, and what is known in them."""
    if config.ablation is not None:
        yield coalition_plays(views, answers.federated)
    yield extra_plays(config), {}
    yield recipe_plays(answers.recipes)
    if config.dose is not None:
        private = own_rows(views[frozenset(FIELDS)], catalogue, brand)
        yield dose_plays(private, config.dose.shares, config.seed)


def _file(name: str, path: Path, schema: str) -> Input:
    if not path.exists():
        raise ConfigError(f"{path} does not exist; the configuration names it as its {name}.")
    return file_input(name, path, schema)


def check_fit(market: MarketConfig, request: PlanRequest) -> None:
    """Refuse a request that the market cannot answer.

    Raises:
        ConfigError: Naming brand, retailer, currency, horizon or objective.
    """
    faults = []
    if request.brand_id not in market.brands:
        faults.append(f"brand_id: the market has {', '.join(market.brands)}")
    if unknown := sorted(set(request.retailers) - set(market.retailers)):
        faults.append(f"retailers: the market has no {', '.join(unknown)}")
    if request.currency not in {None, market.currency}:
        faults.append(f"currency: the market is in {market.currency}")
    if request.horizon_days != market.horizon_days:
        faults.append(
            f"horizon_days: {request.horizon_days}, but the market's truth covers "
            f"{market.horizon_days}"
        )
    if request.objective is Objective.CONVERSIONS:
        faults.append("objective: the truth is in margin and revenue, not in conversions")
    if faults:
        raise ConfigError("The request does not fit the market: " + "; ".join(faults) + ".")


def primary_metric(request: PlanRequest) -> str:
    """The metric that decides: the request's objective."""
    return str(request.objective.value)


def open_policies(folder: Path, retailers: Sequence[str]) -> tuple[tuple[Policy, ...], list[Input]]:
    """The policy of every retailer, under the global one beside them.

    Raises:
        ConfigError: A retailer has none.
    """
    policies, files = [], []
    for retailer in sorted(retailers):
        path = find_policy(folder, retailer) if folder.is_dir() else None
        if path is None:
            raise ConfigError(
                f"{folder} has no clean-room policy of {retailer}.",
                hint="Copy configs/cleanroom/alpha.yaml and name the retailer in it.",
            )
        policies.append(load_policy(path))
        files.append(file_input(f"policy_{retailer}", path, "rmnctl/cleanroom-policy/v1"))
    beside = folder / "global.yaml"
    if beside.is_file():
        files.append(file_input("policy_global", beside, "rmnctl/cleanroom-policy/v1"))
    return tuple(policies), files


def market_views(catalogue: Catalogue, margin_rate: float, *, everything: bool) -> Views:
    """What may be known of a catalogue's SKUs: nothing, all, or every set of fields between."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "brand_private.parquet"
        write_table(path, private_table(catalogue))
        if everything:
            return coalition_views(path, margin_rate)
        nothing: frozenset[str] = frozenset()
        every = frozenset(FIELDS)
        return {
            nothing: private_view(path, nothing, margin_rate),
            every: private_view(path, every, margin_rate),
        }
