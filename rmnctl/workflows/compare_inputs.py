"""What a comparison reads, opened and checked: market, request, policies, and what arms know."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from rmnctl.cleanroom import Policy
from rmnctl.cleanroom.policy import find_policy, load_policy
from rmnctl.comparison.config import CompareConfig
from rmnctl.comparison.document import Missing
from rmnctl.comparison.play import Study
from rmnctl.comparison.studies import (
    arm_plays,
    coalition_plays,
    dose_plays,
    extra_plays,
    named_views,
)
from rmnctl.config import Settings, load_config
from rmnctl.errors import ConfigError, InputError
from rmnctl.market import Catalogue, MarketConfig, build_catalogue
from rmnctl.market.artifacts import private_table
from rmnctl.planning import Objective, PlanRequest
from rmnctl.planning.knowledge import VIEW, VIEW_KEY, VIEW_SCHEMA
from rmnctl.runs import Input, file_input
from rmnctl.tables import write_table
from rmnctl.workflows.planning_config import any_input
from rmnctl.workflows.private_view import coalition_views, private_view

Views = dict[frozenset[str], pa.Table]


@dataclass(frozen=True)
class Opened:
    """Everything a comparison needs.

    Attributes:
        study: The main study.
        policies: Policies by retailer, for side studies.
        inputs: For the manifest.
        primary: The metric that decides.
        missing: Arms that were asked for and cannot be played.
        recall: What the adapter knew, by field; None without a federated arm.
    """

    study: Study
    inputs: list[Input]
    primary: str
    missing: tuple[Missing, ...]
    recall: dict[str, Any] | None


def open_inputs(config: CompareConfig, settings: Settings) -> Opened:
    """Open and check what the configuration names.

    Raises:
        ConfigError: Market and request do not fit, or a policy is missing.
        InputError: The federated view belongs to another market.
    """
    inputs = [_file("market", config.market, "rmnctl/market/v1")]
    inputs.append(_file("request", config.request, "rmnctl/request/v1"))
    market = load_config(MarketConfig, config.market).model
    request = load_config(PlanRequest, config.request).model
    check_fit(market, request)
    policies, files = open_policies(config.policies, market.retailers)
    inputs += files
    catalogue = build_catalogue(market)
    views = market_views(catalogue, config.margin_rate, everything=config.ablation is not None)
    recalled, missing = None, []
    if "federated" in config.arms:
        if config.federated.view is None:
            missing.append(
                Missing(
                    name="federated",
                    reason="No answers of a composed model were given (federated.view).",
                )
            )
        else:
            found = any_input("federated_view", config.federated.view, VIEW_SCHEMA, settings)
            recalled = read_view(found.location, views[frozenset()], catalogue, request.brand_id)
            inputs.append(found)
    arms = [a for a in config.arms if a != "federated" or recalled is not None]
    plays, known = arm_plays(arms), named_views(views, recalled)
    if config.ablation is not None:
        more, some = coalition_plays(views, recalled)
        plays += more
        known |= some
    plays += extra_plays(config)
    if config.dose is not None:
        more, some = dose_plays(own_rows(known["private"], catalogue, request.brand_id),
                                config.dose.shares, config.seed)  # fmt: skip
        plays += more
        known |= some
    study = Study(market, request, policies, tuple(plays), known, config.seed)
    recall = None
    if recalled is not None:
        recall = recall_by_field(recalled, own_rows(known["private"], catalogue, request.brand_id))
    return Opened(study, inputs, primary_metric(request), tuple(missing), recall)


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
        every = frozenset({"margin", "stock", "promo", "price"})
        return {
            nothing: private_view(path, nothing, margin_rate),
            every: private_view(path, every, margin_rate),
        }


def own_rows(view: pa.Table, catalogue: Catalogue, brand: str) -> pa.Table:
    """The rows of one brand's SKUs."""
    own = {s.sku_id for s in catalogue.skus if s.brand_id == brand}
    return view.filter(pa.array([s in own for s in view["sku_id"].to_pylist()]))


def read_view(path: Path, public: pa.Table, catalogue: Catalogue, brand: str) -> pa.Table:
    """A federated view, checked against the market; what it leaves null is the public prior.

    Raises:
        InputError: No such table, or one of another market's catalogue.
    """
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path} cannot be read as {VIEW_SCHEMA}: not Parquet.") from error
    absent = [n for n in (*VIEW_KEY, *VIEW) if n not in table.column_names]
    if absent:
        raise InputError(f"{path} is not {VIEW_SCHEMA}: it lacks {', '.join(absent)}.")
    given = {(r["retailer_id"], r["sku_id"]): r for r in table.to_pylist()}
    own = own_rows(public, catalogue, brand).to_pylist()
    lacking = sum((r["retailer_id"], r["sku_id"]) not in given for r in own)
    strange = len(given) - (len(own) - lacking)
    if lacking or (strange and not _other_brands(given, catalogue)):
        raise InputError(
            f"The federated view was made for another market: it lacks {lacking} of {len(own)} "
            f"products of {brand}" + (f" and has {strange} unknown ones." if strange else "."),
            hint="Ask the model about this market's catalogue, or leave the arm out.",
        )
    rows = []
    for row in public.to_pylist():
        told = given.get((row["retailer_id"], row["sku_id"]), {})
        # No stock limit is null in both; anything else unanswered is what anybody assumes.
        rows.append(row | {n: told[n] for n in VIEW if told.get(n) is not None})
    return pa.Table.from_pylist(rows, schema=public.schema)


def _other_brands(given: dict[tuple[str, str], Any], catalogue: Catalogue) -> bool:
    known = {s.sku_id for s in catalogue.skus}
    return all(sku in known and r in catalogue.config.retailers for r, sku in given)


def recall_by_field(recalled: pa.Table, private: pa.Table) -> dict[str, Any]:
    """How near the model's answers are to the private table, by field."""
    import numpy as np

    rows = {(r["retailer_id"], r["sku_id"]): r for r in recalled.to_pylist()}
    truth = private.to_pylist()
    found: dict[str, Any] = {}
    for name in VIEW:
        pairs = [(rows[r["retailer_id"], r["sku_id"]][name], r[name]) for r in truth]
        both = [(a, b) for a, b in pairs if a is not None and b is not None]
        if not both:
            found[name] = {"answered": 0.0, "wape": None, "correlation": None, "n": len(pairs)}
            continue
        told, true = np.array(both, dtype=float).T
        spread = bool(told.std() > 0 and true.std() > 0)
        found[name] = {
            "answered": len(both) / len(pairs),
            "wape": float(np.abs(told - true).sum() / np.abs(true).sum()),
            "correlation": float(np.corrcoef(told, true)[0, 1]) if spread else None,
            "n": len(pairs),
        }
    return found
