"""rmnctl plans retail media and measures what planning with clean-room data alone costs.

Every workflow is a function with its command's name, resolved when first used, so that
importing the package loads nothing heavy.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_FRONT_DOOR = {
    "LoRAFederation": "rmnctl.federation",
    "adapters_compose": "rmnctl.workflows.adapters",
    "adapters_corpus": "rmnctl.workflows.adapters_corpus",
    "adapters_export": "rmnctl.workflows.adapters",
    "adapters_list": "rmnctl.workflows.adapters",
    "adapters_show": "rmnctl.workflows.adapters",
    "ask": "rmnctl.workflows.ask",
    "cleanroom_fields": "rmnctl.workflows.cleanroom_query",
    "cleanroom_query": "rmnctl.workflows.cleanroom_query",
    "cleanroom_release": "rmnctl.workflows.cleanroom_release",
    "check_copy": "rmnctl.workflows.check_copy",
    "compare": "rmnctl.workflows.compare",
    "compare_plans": "rmnctl.workflows.compare_plans",
    "check_plan": "rmnctl.workflows.check_plan",
    "converse": "rmnctl.workflows.converse",
    "curves": "rmnctl.workflows.curves",
    "evaluate": "rmnctl.workflows.evaluate",
    "experiment_analyze": "rmnctl.workflows.experiment_analyze",
    "experiment_design": "rmnctl.workflows.experiment_design",
    "graph": "rmnctl.workflows.graph",
    "harmonize": "rmnctl.workflows.harmonize",
    "plan": "rmnctl.workflows.plan",
    "plan_briefs": "rmnctl.workflows.plan_briefs",
    "models_list": "rmnctl.workflows.models",
    "models_pull": "rmnctl.workflows.models",
    "propose_mapping": "rmnctl.workflows.propose_mapping",
    "propose_with_model": "rmnctl.workflows.propose_with_model",
    "report": "rmnctl.workflows.report",
    "reflect": "rmnctl.workflows.reflect",
    "simulate": "rmnctl.workflows.simulate",
    "train_adapter": "rmnctl.workflows.train_adapter",
    "RmnctlError": "rmnctl.errors",
}

__all__ = [
    "LoRAFederation",
    "RmnctlError",
    "__version__",
    "adapters_compose",
    "adapters_corpus",
    "adapters_export",
    "adapters_list",
    "adapters_show",
    "ask",
    "check_copy",
    "check_plan",
    "cleanroom_fields",
    "cleanroom_query",
    "cleanroom_release",
    "compare",
    "compare_plans",
    "converse",
    "curves",
    "evaluate",
    "experiment_analyze",
    "experiment_design",
    "graph",
    "harmonize",
    "models_list",
    "models_pull",
    "plan",
    "plan_briefs",
    "propose_mapping",
    "propose_with_model",
    "reflect",
    "report",
    "simulate",
    "train_adapter",
]


def __getattr__(name: str) -> Any:
    if name in _FRONT_DOOR:
        return getattr(import_module(_FRONT_DOOR[name]), name)
    raise AttributeError(f"module 'rmnctl' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
