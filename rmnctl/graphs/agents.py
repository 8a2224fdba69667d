"""The agents at the end of a federation: what each does, and which task adapter speaks for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AgentNode:
    """An agent as a graph shows it.

    Attributes:
        name: What it is called.
        task: The task whose adapter it asks; None where it computes and asks no model.
        does: What it can do, one short line each.
    """

    name: str
    task: str | None
    does: tuple[str, ...]


AGENTS: tuple[AgentNode, ...] = (
    AgentNode("harmonizer", "harmonize", ("chooses the field of an unmapped column",)),
    AgentNode("planner", "planning", ("brief to request", "calls tools")),
    AgentNode("creative", "creative", ("drafts and repairs copy",)),
    AgentNode("optimizer", None, ("solves plans", "prices limits")),
    AgentNode("governance", None, ("checks copy and plans",)),
    AgentNode("measurement", None, ("designs and reads experiments",)),
)
