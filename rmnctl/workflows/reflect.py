"""`rmnctl reflect`: a plan in, its decision record out; a critical risk stops it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rmnctl.agents.reflection import DECISION_SCHEMA, DecisionRecord, ReflectionConfig, reflect_on
from rmnctl.config import Settings, fingerprint_of
from rmnctl.errors import Findings, InputError
from rmnctl.reporting.decision_page import decision_page
from rmnctl.runs import ChainFault, HashChain, Run
from rmnctl.workflows.plan_case import OpenedPlan, open_plan, short_name

VERB = "reflect"
FOLDER = ".decisions"


class Trail(HashChain):
    """The decisions of one brand, in order, below `runs/.decisions`."""

    what = "audit trail"
    verify_hint = "`rmnctl decisions verify` finds the entry; restore it from a backup."


@dataclass(frozen=True)
class ReflectResult:
    """A finished reflection.

    Attributes:
        run: The run, with `decision.json` and `decision.md`.
        record: The decision record.
        opened: The plan it is of.
    """

    run: Run
    record: DecisionRecord
    opened: OpenedPlan


def reflect(
    config: ReflectionConfig,
    settings: Settings | None = None,
    *,
    overrides: Sequence[str] = (),
    remember: bool = True,
    opened: OpenedPlan | None = None,
) -> ReflectResult:
    """Write the decision record of a plan and enter it in the brand's audit trail.

    Args:
        config: The plan and the thresholds it is held to.
        settings: Where runs lie.
        overrides: `--set` texts, for the record.
        remember: Look for similar plans in the runs folder.
        opened: The plan, where it is open already.

    Raises:
        RunError: The plan cannot be used, or what it was made from is gone or altered.
        InputError: Likewise, for inputs that are files; or the audit trail was altered.
    """
    settings = settings or Settings()
    opened = opened or open_plan(config.plan, settings, remember=remember)
    record = reflect_on(opened.case, config, name=short_name(opened.manifest), past=opened.past)
    trail = Trail(settings.runs / FOLDER, opened.case.request.brand_id)
    with Run.start(
        settings.runs, VERB, config, inputs=opened.inputs, seed=config.seed, overrides=overrides
    ) as run:
        content = record.plain()
        run.write_json("decision.json", content, DECISION_SCHEMA)
        run.write_text("decision.md", decision_page(content), "markdown/v1")
        run.metrics = {
            "verdict": record.verdict,
            "flags": len(record.flags),
            "critical_risks": sum(r.critical for r in record.risks),
            "folds": record.confidence.folds,
            "win_rate": record.confidence.win_rate,
        }
        run.privacy = {"leaves_owner": False, "mode": record.mode}
        trail.append(
            "decision",
            {
                "run": run.run_id,
                "plan": opened.manifest.run_id,
                "record": fingerprint_of(content),
                "verdict": record.verdict,
                "stops": len(record.stops),
            },
        )
    return ReflectResult(run, record, opened)


def raise_stops(record: DecisionRecord) -> None:
    """End as the record asks for.

    Raises:
        Findings: The plan is stopped.
    """
    if record.stops:
        raise Findings(
            f"The plan is stopped: {' '.join(record.stops)}",
            hint="decision.md says what would mitigate it; thresholds are in configs/reflection/.",
        )


def _trails(settings: Settings) -> list[Trail]:
    folder: Path = settings.runs / FOLDER
    names = {p.name.removesuffix(".jsonl").removesuffix(".head.json") for p in _files(folder)}
    return [Trail(folder, name) for name in sorted(names)]


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [p for p in folder.iterdir() if p.name.endswith((".jsonl", ".head.json"))]


def decisions(settings: Settings | None = None, brand: str | None = None) -> list[dict[str, Any]]:
    """All decisions of a runs folder, or of one brand, in their order.

    Raises:
        InputError: The brand has none, or a trail cannot be read.
    """
    settings = settings or Settings()
    if brand is not None:
        trail = Trail(settings.runs / FOLDER, brand)
        if not trail.exists():
            raise InputError(
                f"There is no decision of that brand in {settings.runs}.",
                hint="`rmnctl reflect` enters one.",
            )
        return list(trail.entries())
    return [entry for trail in _trails(settings) for entry in trail.entries()]


def verify_decisions(settings: Settings | None = None) -> tuple[int, list[ChainFault]]:
    """Check every audit trail of a runs folder.

    Returns:
        How many were checked, and what is wrong with them.
    """
    settings = settings or Settings()
    trails = _trails(settings)
    return len(trails), [fault for trail in trails for fault in trail.verify()]
