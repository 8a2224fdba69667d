"""The creative agent: a brief in, checked copy out, every draft on record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import Field

from rmnctl.agents.base import BaseAgent, Offer, Work
from rmnctl.agents.creative.brief import Brief, Voice, pieces_of
from rmnctl.agents.creative.loop import Creative, Status, create
from rmnctl.agents.creative.writer import TASK, FederationWriter, Writer
from rmnctl.compliance import Engine
from rmnctl.config import ConfigModel
from rmnctl.errors import ConfigError
from rmnctl.federation import Inference, LoRAFederation


class CreativeAsk(ConfigModel):
    """What is to be written."""

    brief: Brief
    voice: Voice = Field(default_factory=Voice)
    variants: int = Field(3, ge=1, le=20, description="distinct texts for each element")
    drafts: int = Field(4, ge=1, le=8, description="drafts of each text in each round")
    max_rounds: int = Field(3, ge=0, le=3, description="repairs of one text at most")
    max_overlap: float = Field(0.6, ge=0, le=1, description="words two variants may share")
    seed: int = Field(0, ge=0, description="of all draws")


class CreativeAnswer(ConfigModel):
    """Copy that may run, with all that led to it."""

    delivered: dict[str, tuple[str, ...]] = Field(description="texts by element")
    short: tuple[str, ...] = Field(description="elements that did not get all their variants")
    creatives: tuple[dict[str, Any], ...] = Field(description="each element with its drafts")
    adapters: tuple[dict[str, Any], ...] = Field((), description="layers that wrote, with why")


class CreativeAgent(BaseAgent[CreativeAsk, CreativeAnswer]):
    """Drafts, checks and repairs copy; what breaks a rule or invents a fact is not delivered.

    Attributes:
        made: The pieces of the last execution with their drafts, in the order of the elements.
    """

    name: ClassVar[str] = "creative"
    task: ClassVar[str | None] = TASK
    offers: ClassVar[tuple[Offer, ...]] = (
        Offer("write_copy", "Draft, check and repair the copy of a brief.", CreativeAsk, "_write"),
    )
    Input = CreativeAsk
    Output = CreativeAnswer
    #: Writing takes as long as the machine needs; the number of drafts bounds it.
    timeout_s = float("inf")

    def __init__(
        self,
        federation: LoRAFederation | None = None,
        *,
        engine: Engine | None = None,
        writer: Writer | None = None,
    ) -> None:
        """Make the agent.

        Args:
            federation: Who writes.
            engine: Rule packs; None: those of configs/compliance.
            writer: Who writes instead of the federation.
        """
        super().__init__(federation)
        self.made: tuple[Creative, ...] = ()
        self._engine = engine
        self._writer = writer or (FederationWriter(federation) if federation else None)

    def route(self, given: CreativeAsk) -> Sequence[tuple[str, Mapping[str, Any]]]:
        """Always the one tool."""
        return (("write_copy", given.model_dump(mode="json", by_alias=True)),)

    def _write(self, given: CreativeAsk) -> list[dict[str, Any]]:
        if self._writer is None:
            raise ConfigError("The creative agent needs a federation or a writer.")
        if self._engine is None:
            self._engine = Engine.load()
        self.made = tuple(
            create(
                piece,
                given.voice,
                self._writer,
                self._engine,
                variants=given.variants,
                drafts=given.drafts,
                max_rounds=given.max_rounds,
                max_overlap=given.max_overlap,
                seed=given.seed,
            )
            for piece in pieces_of([given.brief], self._engine)
        )
        return [made.plain() for made in self.made]

    def parse_result(
        self, given: CreativeAsk, work: Work, answer: Inference | None
    ) -> CreativeAnswer:
        """What is delivered, by element, and what fell short."""
        del answer
        made: list[dict[str, Any]] = work.results["write_copy"]
        texts = {
            c["element"]: tuple(
                v["copy"] for v in c["variants"] if v["status"] == Status.DELIVERED.value
            )
            for c in made
        }
        return CreativeAnswer(
            delivered=texts,
            short=tuple(name for name, found in texts.items() if len(found) < given.variants),
            creatives=tuple(made),
            adapters=tuple(self.federation.get_active_adapters()) if self.federation else (),
        )

    def build_prompt(self, given: CreativeAsk, work: Work, fault: str | None) -> str | None:
        """Nothing beside the drafts, whose prompts stand with them."""
        del given, work, fault
        return None
