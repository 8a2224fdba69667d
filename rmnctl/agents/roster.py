"""The six agents, as their classes say what they are: for graphs and documentation."""

from __future__ import annotations

from typing import Any

from rmnctl.agents.base import BaseAgent
from rmnctl.agents.creative import CreativeAgent
from rmnctl.agents.governance import GovernanceAgent
from rmnctl.agents.harmonizer import HarmonizerAgent
from rmnctl.agents.measurement import MeasurementAgent
from rmnctl.agents.optimizer import OptimizerAgent
from rmnctl.agents.planner import PlannerAgent
from rmnctl.graphs import AgentNode

AGENTS: tuple[type[BaseAgent[Any, Any]], ...] = (
    HarmonizerAgent,
    PlannerAgent,
    CreativeAgent,
    OptimizerAgent,
    GovernanceAgent,
    MeasurementAgent,
)


def roster() -> tuple[AgentNode, ...]:
    """What each agent is called, which task's adapter it asks, its tools, and what it does."""
    return tuple(
        AgentNode(
            agent.name,
            agent.task,
            tuple(offer.name.replace("_", " ") for offer in agent.offers),
            (agent.__doc__ or "").partition("\n")[0],
        )
        for agent in AGENTS
    )
