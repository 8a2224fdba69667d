"""What a composed model knew of a brand's facts, and the same mistakes made on other facts.

Recall is measured by comparing the model's answers with the private table. Its confusion is kept
as what it answered over what was true, by field and by quarter of the true values; applied to
another catalogue, each fact is answered with a mistake drawn from its quarter. That is simulated
recall: the kind and size of the mistakes are measured, the answers are not the model's.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa
from pydantic import Field, ValidationError

from rmnctl.config import ConfigModel
from rmnctl.errors import InputError
from rmnctl.planning.knowledge import VIEW, VIEW_KEY

CONFUSION_SCHEMA: Final = "rmnctl/confusion/v1"
_QUARTERS = (0.25, 0.5, 0.75)


class FieldConfusion(ConfigModel):
    """Mistakes on one column of the view."""

    quarters: list[list[float | None]] = Field(
        description="by quarter of the true values: answer over truth; null: not answered"
    )


class Confusion(ConfigModel):
    """Configuration `rmnctl/confusion/v1`: what a model's answers looked like beside the truth."""

    schema_: Literal["rmnctl/confusion/v1"] = Field(CONFUSION_SCHEMA, alias="schema")
    products: int = Field(description="retailer x SKU pairs it was measured on")
    fields: dict[str, FieldConfusion]


def read_confusion(path: Path) -> Confusion:
    """Read a measured confusion.

    Raises:
        InputError: It is none.
    """
    try:
        return Confusion.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, ValidationError) as error:
        raise InputError(
            f"{path} is not a measured confusion of schema {CONFUSION_SCHEMA}.",
            hint="A comparison with federated.view writes one as confusion.json.",
        ) from error


def measure_confusion(told: pa.Table, private: pa.Table) -> Confusion:
    """Measure a model's mistakes.

    Args:
        told: Its answers, `private_view/v1`; null where it gave none.
        private: The truth in the same shape.
    """
    pairs = _pairs(told, private)
    fields = {}
    for name in VIEW:
        known = [(a, b) for a, b in pairs[name] if b is not None]
        quarter = _quarter(np.array([b for _, b in known]))
        ratios = [None if a is None or not b else float(a) / float(b) for a, b in known]
        fields[name] = FieldConfusion(
            quarters=[
                [r for r, q in zip(ratios, quarter, strict=True) if q == wanted]
                for wanted in range(len(_QUARTERS) + 1)
            ]
        )
    return Confusion(products=private.num_rows, fields=fields)


def simulated_recall(private: pa.Table, confusion: Confusion, seed: int) -> pa.Table:
    """What a model with this confusion would answer about other facts.

    Args:
        private: The truth, `private_view/v1`.
        confusion: Measured elsewhere.
        seed: Of the mistakes.

    Returns:
        The same rows; null where no answer is given.
    """
    rng = np.random.default_rng(seed)
    out = private
    for name in VIEW:
        values = private[name].to_pylist()
        known = [i for i, v in enumerate(values) if v is not None]
        quarter = _quarter(np.array([values[i] for i in known]))
        told: list[float | None] = [None] * len(values)
        quarters = confusion.fields[name].quarters
        everything = [r for q in quarters for r in q]
        for i, q in zip(known, quarter.tolist(), strict=True):
            choices = quarters[q] or everything
            drawn = choices[int(rng.integers(len(choices)))] if choices else None
            told[i] = None if drawn is None else drawn * values[i]
        place = out.column_names.index(name)
        out = out.set_column(place, name, pa.array(told, pa.float64()))
    return out


def recall_by_field(told: pa.Table, private: pa.Table) -> dict[str, Any]:
    """How near answers are to the private table, by column of the view.

    Returns:
        For each: share of facts answered, WAPE and correlation of the answers, and the WAPE of
        the best single guess, the median, beside which a model must show what it knows.
    """
    found: dict[str, Any] = {}
    for name, pairs in _pairs(told, private).items():
        true = np.array([b for _, b in pairs if b is not None], dtype=float)
        both = np.array([(a, b) for a, b in pairs if a is not None and b is not None], dtype=float)
        size = float(np.abs(true).sum())
        found[name] = {
            "n": len(true),
            "answered": len(both) / len(true) if len(true) else None,
            "wape": _wape(both[:, 0], both[:, 1]) if len(both) else None,
            "wape_of_median": float(np.abs(true - np.median(true)).sum()) / size if size else None,
            "correlation": _correlation(both) if len(both) > 1 else None,
        }
    return found


def _pairs(told: pa.Table, private: pa.Table) -> dict[str, list[tuple[float | None, float | None]]]:
    rows = {tuple(r[k] for k in VIEW_KEY): r for r in told.to_pylist()}
    truth = private.to_pylist()
    return {
        name: [(rows[tuple(r[k] for k in VIEW_KEY)][name], r[name]) for r in truth] for name in VIEW
    }


def _quarter(values: np.ndarray) -> np.ndarray:
    if not len(values):
        return np.empty(0, dtype=np.int64)
    return np.searchsorted(np.quantile(values, _QUARTERS), values, side="left")


def _wape(told: np.ndarray, true: np.ndarray) -> float | None:
    size = float(np.abs(true).sum())
    return float(np.abs(told - true).sum()) / size if size else None


def _correlation(both: np.ndarray) -> float | None:
    if not (both.std(axis=0) > 0).all():
        return None
    return float(np.corrcoef(both[:, 0], both[:, 1])[0, 1])
