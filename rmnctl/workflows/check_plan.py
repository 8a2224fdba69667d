"""`rmnctl check-plan`: a plan, and its copy, against the policies of brand and retailers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

import pyarrow.csv
import pyarrow.parquet
from pydantic import Field

from rmnctl.compliance import Copy, Engine
from rmnctl.compliance.governance import (
    GOVERNANCE_SCHEMA,
    Finding,
    GovernancePolicy,
    Level,
    PlanFacts,
    check_copies,
)
from rmnctl.compliance.governance import check_plan as judge
from rmnctl.compliance.pack import DEFAULT_FOLDER
from rmnctl.config import ConfigModel, Settings, load_config
from rmnctl.errors import ConfigError, Findings, InputError
from rmnctl.planning import PLAN_SCHEMA
from rmnctl.runs import Input, Run, artifact_input, file_input
from rmnctl.workflows.check_copy import COPY_SCHEMA, bad_input, read_copies
from rmnctl.workflows.planning_config import any_input

VERB = "check-plan"
FINDINGS_SCHEMA: Final = "rmnctl/governance-findings/v1"


class CheckPlanConfig(ConfigModel):
    """What is checked against what."""

    schema_: Literal["rmnctl/check-plan/v1"] = Field(
        "rmnctl/check-plan/v1", alias="schema", description="Version of this form."
    )
    policies: tuple[Path, ...] = Field(description="Policy files, rmnctl/governance/v1.")
    copies: Path | None = Field(None, description="Copy of the plan, one JSON object a line.")
    catalogue: str | None = Field(
        None, description="sku_id and category, Parquet or CSV; or run:artifact."
    )
    start: date | None = Field(None, description="First day of the plan.")
    packs: Path = Field(DEFAULT_FOLDER, description="Rule packs, for their families of goods.")


@dataclass(frozen=True)
class CheckPlanResult:
    """What a check found.

    Attributes:
        run: The finished run.
        findings: In the order of the policies.
        document: The content of `governance.json`.
    """

    run: Run
    findings: tuple[Finding, ...]
    document: dict[str, Any]


def _plan_input(ref: str, settings: Settings) -> Input:
    if ref.endswith(".json"):
        return file_input("plan", Path(ref), PLAN_SCHEMA)
    return artifact_input(settings.runs, "plan", ref, "plan.json", schema=PLAN_SCHEMA)


def read_categories(path: Path) -> dict[str, tuple[str, ...]]:
    """Category (and department) of each SKU.

    Raises:
        InputError: The table cannot be read, or lacks sku_id or category.
    """
    try:
        if path.suffix.lower() == ".csv":
            table = pyarrow.csv.read_csv(path)
        else:
            table = pyarrow.parquet.read_table(path)
    except (pyarrow.ArrowInvalid, OSError) as error:
        raise InputError(f"{path} is no table, Parquet or CSV.") from error
    lacking = [n for n in ("sku_id", "category") if n not in table.column_names]
    if lacking:
        raise InputError(f"{path} has no column {' or '.join(lacking)}.")
    names = [n for n in ("category", "department") if n in table.column_names]
    rows = table.select(["sku_id", *names]).to_pylist()
    return {
        str(row["sku_id"]): tuple(str(row[n]) for n in names if row[n] is not None)
        for row in rows
        if row["category"] is not None
    }


def _copies(path: Path | None) -> list[Copy]:
    if path is None:
        return []
    good, bad = read_copies(path.read_bytes(), str(path))
    if bad:
        raise bad_input(str(path), bad)
    return [copy for _, copy in good]


def _inputs(ref: str, config: CheckPlanConfig, settings: Settings) -> list[Input]:
    found = [_plan_input(ref, settings)]
    found += [
        file_input(f"policy {number}", path, GOVERNANCE_SCHEMA)
        for number, path in enumerate(config.policies, start=1)
    ]
    if config.copies is not None:
        found.append(file_input("copies", config.copies, COPY_SCHEMA))
    if config.catalogue is not None:
        found.append(any_input("catalogue", config.catalogue, "catalogue/v1", settings))
    return found


def check_plan(
    ref: str,
    config: CheckPlanConfig,
    settings: Settings | None = None,
    *,
    overrides: Sequence[str] = (),
) -> CheckPlanResult:
    """Check a plan, and its copy, against policies.

    Args:
        ref: The plan's run, or the path of a `plan.json`.
        config: Policies and what is known beside the plan.
        settings: Where runs lie.
        overrides: `--set` texts, for the record.

    Raises:
        ConfigError: No policy, or a malformed one.
        RunError: There is no such plan run.
        InputError: A file is missing or is not what it should be.
    """
    settings = settings or Settings()
    if not config.policies:
        raise ConfigError("check-plan needs a policy.", hint="Give --policy FILE.")
    policies = [load_config(GovernancePolicy, path).model for path in config.policies]
    inputs = _inputs(ref, config, settings)
    paths = {i.record.name: i.location for i in inputs}
    plan = PlanFacts.from_document(
        _document(paths["plan"]),
        start=config.start,
        categories=read_categories(paths["catalogue"]) if config.catalogue else None,
    )
    copies = _copies(config.copies)
    families = Engine.load(config.packs).vocabulary.families_of
    findings = tuple(
        finding
        for policy in policies
        for finding in (
            *judge(plan, policy, families), *check_copies(copies, policy, families)
        )
    )  # fmt: skip
    with Run.start(settings.runs, VERB, config, inputs=inputs, overrides=overrides) as run:
        document = {
            "verdict": _verdict(findings),
            "policies": [p.policy for p in policies],
            "findings": [f.plain() for f in findings],
        }
        run.write_json("governance.json", document, FINDINGS_SCHEMA)
        run.metrics = {level.value: sum(f.level is level for f in findings) for level in Level}
    return CheckPlanResult(run, findings, document)


def _document(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except ValueError as error:
        raise InputError(f"{path} is not JSON.", hint="rmnctl plan writes plan.json.") from error
    if not isinstance(found, dict):
        raise InputError(f"{path} is no plan.", hint="rmnctl plan writes plan.json.")
    return found


def _verdict(findings: Sequence[Finding]) -> str:
    levels = {f.level for f in findings}
    if Level.BREACH in levels:
        return "breach"
    return "needs_facts" if levels else "allowed"


def raise_findings(done: CheckPlanResult) -> None:
    """End as the result asks for.

    Raises:
        Findings: A policy is broken, or could not be checked.
    """
    if done.findings:
        breaches = sum(f.level is Level.BREACH for f in done.findings)
        raise Findings(
            f"{breaches} breaches of policy, {len(done.findings) - breaches} facts missing.",
            hint="Change the request's limits and plan again, or ask the policy's owner.",
        )
