"""A graph as things, arrows between them, and what a reader should be told about each."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a node is; decides its shape and its colour."""

    BASE = "base"
    INDUSTRY = "industry"
    RETAILER = "retailer"
    MANUFACTURER = "manufacturer"
    TASK = "task"
    AGENT = "agent"
    FILE = "file"
    RUN = "run"
    ARTIFACT = "artifact"
    #: Where lines meet: any of these on any of those.
    JUNCTION = "junction"


class State(StrEnum):
    """How a node stands to the question that was asked."""

    PLAIN = "plain"
    ACTIVE = "active"
    MISSING = "missing"
    REFUSED = "refused"


class EdgeKind(StrEnum):
    """What an arrow says."""

    STACKS = "can be put on"
    ACTIVE = "answers this request"
    TRAINED_ON = "was trained on top of"
    DATA = "is read or written by"


@dataclass(frozen=True)
class Node:
    """A thing.

    Attributes:
        id: Unique in its graph.
        kind: What it is.
        label: Its name.
        lines: What is said about it, one short line each.
        tooltip: The same in full, and why it is here.
        state: Active, missing, refused, or none of these.
        column: Where it stands from left to right; None leaves that to the arrows.
    """

    id: str
    kind: Kind
    label: str
    lines: tuple[str, ...] = ()
    tooltip: str = ""
    state: State = State.PLAIN
    column: int | None = None


@dataclass(frozen=True)
class Edge:
    """An arrow from one node to another.

    Attributes:
        source: Id of the node it leaves.
        target: Id of the node it enters.
        kind: What it says.
        tooltip: More about it.
    """

    source: str
    target: str
    kind: EdgeKind
    tooltip: str = ""


@dataclass(frozen=True)
class Graph:
    """A graph without cycles.

    Attributes:
        title: What it shows.
        subtitle: Of what, and what its arrows mean.
        nodes: In the order in which they should stand where nothing else decides.
        edges: Arrows between them.
        headings: Names of columns, by column.
    """

    title: str
    subtitle: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    headings: tuple[tuple[int, str], ...] = ()

    def plain(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def size_text(count: int) -> str:
    """A number of bytes in the largest unit that leaves a digit before the point."""
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} bytes"
