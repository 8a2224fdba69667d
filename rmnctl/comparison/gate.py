"""The gate for CI: what a comparison must hold, and how far it may move from an earlier one."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from rmnctl.comparison.document import ComparisonResult, GateCheck, GateResult
from rmnctl.config import ConfigModel, fingerprint_of, load_config
from rmnctl.errors import InputError


class Gate(ConfigModel):
    """Configuration `rmnctl/gate/v1`. Percentages are of the budget, of the primary metric."""

    schema_: Literal["rmnctl/gate/v1"] = Field(alias="schema")
    min_delta_pct: dict[str, float] = Field({}, description="`<a>_vs_<b>` to the least mean delta")
    max_regret_pct: dict[str, float] = Field({}, description="arm to the largest mean regret")
    max_p_loss: dict[str, float] = Field({}, description="arm to the largest share of worlds")
    require_null_market: bool = Field(False, description="the guard must have run and passed")
    max_move_pct: float = Field(
        1.0, ge=0, description="against a baseline: how far an arm's mean may move"
    )


def load_gate(path: Path) -> Gate:
    """Read a gate.

    Raises:
        ConfigError: It is none.
    """
    return load_config(Gate, path).model


def judge_gate(
    found: ComparisonResult, gate: Gate | None, baseline: ComparisonResult | None
) -> GateResult:
    """Check a comparison.

    Args:
        found: What came out.
        gate: What must hold; None checks against the baseline only.
        baseline: An earlier comparison of the same request.

    Raises:
        InputError: The baseline answers another request, market or metric.
    """
    rules = gate or Gate.model_validate({"schema": "rmnctl/gate/v1"})
    checks = [*_limits(found, rules)]
    if baseline is not None:
        checks += _moves(found, baseline, rules.max_move_pct)
    if not checks:
        raise InputError("The gate asks for nothing, so it would always pass.")
    return GateResult(
        passed=all(c.passed for c in checks),
        baseline=fingerprint_of(baseline.plain()) if baseline is not None else None,
        checks=checks,
    )


def _limits(found: ComparisonResult, gate: Gate) -> list[GateCheck]:
    metric, checks = found.primary_metric, []
    for name, least in gate.min_delta_pct.items():
        delta = found.deltas.get(name, {}).get(metric)
        value = None if delta is None else delta.pct
        ok = value is not None and value >= least
        checks.append(_check(f"min_delta_pct.{name}", ok, value, least, f"{name} at least"))
    for arm, most in gate.max_regret_pct.items():
        known = found.arms[arm].metrics.get("regret_share") if arm in found.arms else None
        value = None if known is None else 100 * known.mean
        ok = value is not None and value <= most
        checks.append(_check(f"max_regret_pct.{arm}", ok, value, most, f"regret of {arm} at most"))
    for arm, most in gate.max_p_loss.items():
        loss = found.p_loss.get(arm)
        value = None if loss is None else loss.mean
        ok = value is not None and value <= most
        checks.append(_check(f"max_p_loss.{arm}", ok, value, most, f"p_loss of {arm} at most"))
    if gate.require_null_market:
        null = found.null_market
        why = "has not run" if null is None else "passed" if null.passed else "failed"
        checks.append(
            GateCheck(
                name="null_market",
                passed=null is not None and null.passed,
                value=None,
                limit=None,
                message=f"null market: {why}",
            )
        )
    return checks


def _check(name: str, ok: bool, value: float | None, limit: float, words: str) -> GateCheck:  # noqa: FBT001
    got = "it was not measured" if value is None else f"it is {value:.4g}"
    return GateCheck(
        name=name, passed=ok, value=value, limit=limit, message=f"{words} {limit:g}: {got}"
    )


def _moves(found: ComparisonResult, before: ComparisonResult, most: float) -> list[GateCheck]:
    for name in ("request", "primary_metric", "market", "catalogue_seed"):
        if getattr(found, name) != getattr(before, name):
            raise InputError(
                f"The baseline does not belong to this comparison: another {name}.",
                hint="Compare with a run of the same request and market.",
            )
    checks = []
    for arm, now in found.arms.items():
        if arm not in before.arms:
            continue
        old, new = (x.metrics[found.primary_metric] for x in (before.arms[arm], now))
        moved = 100 * (new.mean - old.mean) / found.budget
        checks.append(
            _check(f"max_move_pct.{arm}", abs(moved) <= most, moved, most, f"{arm} moved at most")
        )
    checks += [
        GateCheck(name=f"missing.{arm}", passed=False, value=None, limit=None,
                  message=f"{arm} was in the baseline and is missing now")
        for arm in before.arms
        if arm not in found.arms
    ]  # fmt: skip
    return checks
