"""The JSON Schemas of everything rmnctl reads and writes, generated from its models."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from rmnctl import rmis
from rmnctl.agents.reflection import DecisionRecord, ReflectionConfig
from rmnctl.cleanroom import Policy, Release
from rmnctl.cleanroom.connector import ConnectorConfig
from rmnctl.comparison import CompareConfig, ComparisonResult, Gate
from rmnctl.comparison.recall import Confusion
from rmnctl.compliance import Copy, Pack
from rmnctl.compliance.governance import GovernancePolicy
from rmnctl.config import Settings
from rmnctl.federation import Card, FederationConfig, ModelsConfig
from rmnctl.harmonization import HarmonizeConfig, Mapping
from rmnctl.market import MarketConfig
from rmnctl.measurement import AnalyzeConfig, ExperimentConfig, ExperimentDesign, ExperimentResult
from rmnctl.planning import PlanRequest
from rmnctl.runs import Manifest
from rmnctl.training import TrainConfig
from rmnctl.workflows.ask import AskConfig
from rmnctl.workflows.check_copy import CheckCopyConfig
from rmnctl.workflows.check_plan import CheckPlanConfig
from rmnctl.workflows.cleanroom_release import ReleaseConfig
from rmnctl.workflows.compare_plans import ComparePlansConfig, PlanComparison
from rmnctl.workflows.converse import ConverseConfig
from rmnctl.workflows.creative import CreativeConfig
from rmnctl.workflows.demo import DemoConfig
from rmnctl.workflows.evaluation.config import EvaluateConfig
from rmnctl.workflows.graph import GraphConfig
from rmnctl.workflows.plan import CurvePlanConfig
from rmnctl.workflows.plan_briefs import PlanBriefsConfig
from rmnctl.workflows.planning_config import PlanConfig
from rmnctl.workflows.propose_with_model import ProposeConfig

_MODELS: dict[str, type[BaseModel]] = {
    "ask-v1": AskConfig,
    "plan-briefs-v1": PlanBriefsConfig,
    "check-copy-v1": CheckCopyConfig,
    "check-plan-v1": CheckPlanConfig,
    "cleanroom-policy-v1": Policy,
    "cleanroom-release-v1": ReleaseConfig,
    "compare-v1": CompareConfig,
    "compare-plans-v1": ComparePlansConfig,
    "comparison-v1": ComparisonResult,
    "confusion-v1": Confusion,
    "connector-v1": ConnectorConfig,
    "compliance-pack-v1": Pack,
    "copy-v1": Copy,
    "converse-v1": ConverseConfig,
    "creative-v1": CreativeConfig,
    "decision-v1": DecisionRecord,
    "evaluate-v1": EvaluateConfig,
    "experiment-v1": ExperimentConfig,
    "experiment-analyze-v1": AnalyzeConfig,
    "experiment-design-v1": ExperimentDesign,
    "experiment-result-v1": ExperimentResult,
    "adapter-card-v1": Card,
    "federation-v1": FederationConfig,
    "gate-v1": Gate,
    "demo-v1": DemoConfig,
    "graph-v1": GraphConfig,
    "governance-v1": GovernancePolicy,
    "harmonize-v1": HarmonizeConfig,
    "manifest-v1": Manifest,
    "mapping-v1": Mapping,
    "market-v1": MarketConfig,
    "plan-comparison-v1": PlanComparison,
    "plan-config-v1": PlanConfig,
    "plan-curves-v1": CurvePlanConfig,
    "propose-mapping-v1": ProposeConfig,
    "reflection-v1": ReflectionConfig,
    "release-meta-v1": Release,
    "request-v1": PlanRequest,
    "models-v1": ModelsConfig,
    "train-v1": TrainConfig,
    "settings": Settings,
}
_JSON_TYPES = {"VARCHAR": "string", "UUID": "string", "DATE": "string", "BOOLEAN": "boolean"}


def _rmis_document() -> dict[str, Any]:
    """RMIS as a JSON Schema; `x-sql` is the exact column type."""
    properties = {
        f.name: {
            "type": [_JSON_TYPES.get(f.sql, "number"), "null"]
            if not f.required
            else _JSON_TYPES.get(f.sql, "number"),
            "description": f.meaning,
            "x-sql": f.sql,
            "x-role": f.role.value,
        }
        for f in rmis.FIELDS
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": rmis.RMIS_SCHEMA,
        "type": "object",
        "properties": properties,
        "required": [f.name for f in rmis.FIELDS if f.required],
    }


def schema_documents() -> dict[str, dict[str, Any]]:
    """Every schema by name."""
    documents = {name: model.model_json_schema() for name, model in _MODELS.items()}
    return {"rmis-v1": _rmis_document(), **documents}
