"""An agent at the end of a federation: what it does, and which task adapter speaks for it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AgentNode:
    """An agent as a graph shows it.

    Attributes:
        name: What it is called.
        task: The task whose adapter it asks; None where it computes and asks no model.
        tools: Names of its tools.
        says: What it does, one sentence.
    """

    name: str
    task: str | None
    tools: tuple[str, ...] = ()
    says: str = ""
