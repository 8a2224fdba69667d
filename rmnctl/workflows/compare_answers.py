"""What adapters answered about a brand's facts: read, checked against the market, measured."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from rmnctl.comparison.config import CompareConfig
from rmnctl.comparison.recall import (
    CONFUSION_SCHEMA,
    Confusion,
    measure_confusion,
    read_confusion,
    recall_by_field,
    simulated_recall,
)
from rmnctl.comparison.studies import FIELDS
from rmnctl.config import Settings
from rmnctl.errors import InputError
from rmnctl.market import Catalogue
from rmnctl.planning.knowledge import VIEW, VIEW_KEY, VIEW_SCHEMA
from rmnctl.runs import Input
from rmnctl.workflows.planning_config import any_input

Views = Mapping[frozenset[str], pa.Table]
_CARD_SCHEMA = "rmnctl/adapter-card/v1"


@dataclass(frozen=True)
class Answers:
    """What each adapter knew.

    Attributes:
        inputs: For the manifest.
        federated: View of the federated arm, what was not answered filled with public priors.
        recipes: The same of other adapters, by name.
        confusion: The federated arm's mistakes, measured here or given.
        simulated: They were made by a confusion that was given.
        recall: By name and field.
        leak: Privacy audits by name.
    """

    inputs: list[Input] = field(default_factory=list)
    federated: pa.Table | None = None
    recipes: dict[str, pa.Table] = field(default_factory=dict)
    confusion: Confusion | None = None
    simulated: bool = False
    recall: dict[str, dict[str, Any]] = field(default_factory=dict)
    leak: dict[str, dict[str, Any]] = field(default_factory=dict)


def open_answers(
    config: CompareConfig, catalogue: Catalogue, brand: str, views: Views, settings: Settings
) -> Answers:
    """Open what the configuration names of adapters.

    Raises:
        InputError: A table is none of answers, or was made for another market.
        RunError: A run or artifact is not there.
    """
    public = views[frozenset()]
    private = own_rows(views[frozenset(FIELDS)], catalogue, brand)
    inputs: list[Input] = []
    recall: dict[str, dict[str, Any]] = {}
    leak: dict[str, dict[str, Any]] = {}
    recipes: dict[str, pa.Table] = {}
    told: pa.Table | None = None
    confusion: Confusion | None = None
    asked = config.federated
    if "federated" in config.arms and asked.confusion is not None:
        inputs.append(any_input("federated_confusion", asked.confusion, CONFUSION_SCHEMA, settings))
        confusion = read_confusion(inputs[-1].location)
        told = simulated_recall(private, confusion, config.seed)
    elif "federated" in config.arms and asked.view is not None:
        inputs.append(any_input("federated_view", asked.view, VIEW_SCHEMA, settings))
        told = read_answers(inputs[-1].location, catalogue, brand)
        confusion = measure_confusion(told, private)
    if told is not None:
        recall["federated"] = recall_by_field(told, private)
        _audit("federated", asked.card, settings, inputs, leak)
    for recipe in config.recipes:
        inputs.append(any_input(f"recipe_{recipe.name}", recipe.view, VIEW_SCHEMA, settings))
        answers = read_answers(inputs[-1].location, catalogue, brand)
        recall[recipe.name] = recall_by_field(answers, private)
        recipes[recipe.name] = filled(public, answers)
        _audit(recipe.name, recipe.card, settings, inputs, leak)
    return Answers(
        inputs=inputs,
        federated=None if told is None else filled(public, told),
        recipes=recipes,
        confusion=confusion,
        simulated=asked.confusion is not None,
        recall=recall,
        leak=leak,
    )


def _audit(
    name: str,
    card: str | None,
    settings: Settings,
    inputs: list[Input],
    leak: dict[str, dict[str, Any]],
) -> None:
    """Read the privacy audit of an adapter's card."""
    if card is None:
        return
    inputs.append(any_input(f"card_{name}", card, _CARD_SCHEMA, settings))
    path = inputs[-1].location
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        leak[name] = dict(found["privacy"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path} has no privacy audit.", hint="Name the card.json of a trained adapter."
        ) from error


def own_rows(view: pa.Table, catalogue: Catalogue, brand: str) -> pa.Table:
    """The rows of one brand's SKUs."""
    own = {s.sku_id for s in catalogue.skus if s.brand_id == brand}
    return view.filter(pa.array([s in own for s in view["sku_id"].to_pylist()]))


def read_answers(path: Path, catalogue: Catalogue, brand: str) -> pa.Table:
    """A table of answers, checked against the market; null is no answer.

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
    given = list(zip(*(table[k].to_pylist() for k in VIEW_KEY), strict=True))
    if len(set(given)) != len(given):
        raise InputError(f"{path} speaks of a product more than once.")
    retailers = catalogue.config.retailers
    every = {(r, s.sku_id) for s in catalogue.skus for r in retailers}
    own = {(r, s.sku_id) for s in catalogue.skus if s.brand_id == brand for r in retailers}
    lacking, strange = len(own - set(given)), len(set(given) - every)
    if lacking or strange:
        raise InputError(
            f"{path} was made for another market: it lacks {lacking} of the {len(own)} products "
            f"of {brand} and has {strange} unknown ones.",
            hint="Ask the model about this market's catalogue, or leave the arm out.",
        )
    return table


def filled(public: pa.Table, told: pa.Table) -> pa.Table:
    """A view: the public prior wherever nothing was answered."""
    given = {tuple(r[k] for k in VIEW_KEY): r for r in told.to_pylist()}
    rows = []
    for row in public.to_pylist():
        known = given.get(tuple(row[k] for k in VIEW_KEY), {})
        rows.append(row | {n: known[n] for n in VIEW if known.get(n) is not None})
    return pa.Table.from_pylist(rows, schema=public.schema)
