"""`rmnctl propose-mapping --model`: the harmonizer agent chooses where the matcher leaves columns open.

That is a run, with the proposal and the agent's transcripts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pydantic import Field

from rmnctl.agents.base import Executed
from rmnctl.agents.harmonizer import ColumnChoice, ModelChooser
from rmnctl.config import ConfigModel, Settings, load_config
from rmnctl.federation import FederationConfig, LoRAFederation
from rmnctl.harmonization.mapping import MAPPING_SCHEMA
from rmnctl.runs import Run, file_input
from rmnctl.workflows.propose_mapping import MappingProposal, propose_mapping

VERB: Final = "propose-mapping"
PROPOSAL_SCHEMA: Final = "rmnctl/mapping-proposal/v1"
TRANSCRIPTS_SCHEMA: Final = "rmnctl/transcripts/v1"


class ProposeConfig(ConfigModel):
    """Configuration `rmnctl/propose-mapping/v1`: a proposal with a model."""

    schema_: Literal["rmnctl/propose-mapping/v1"] = Field(
        "rmnctl/propose-mapping/v1", alias="schema"
    )
    report: Path = Field(description="the report nobody has mapped")
    federation: Path = Field(Path("configs/federation.yaml"), description="who chooses")
    retailer_id: str | None = Field(None, description="whose report, for the choice of adapters")
    adapters: tuple[str, ...] | None = Field(
        ("task_harmonize",),
        description="exactly these, what the choice was calibrated with; null: as selected",
    )
    rows: int = Field(2000, ge=1, description="rows to look at")
    mapping_id: str | None = Field(None, description="id of the proposed mapping")


@dataclass(frozen=True)
class ModelProposal:
    """A draft that a model had a say in.

    Attributes:
        run: With `proposal.json`, `mapping.yaml` and `transcripts.json`.
        proposal: The draft.
        executed: What the harmonizer agent was asked and found, by open column.
    """

    run: Run
    proposal: MappingProposal
    executed: tuple[Executed[ColumnChoice], ...]


def propose_with_model(
    config: ProposeConfig, settings: Settings | None = None, *, overrides: Sequence[str] = ()
) -> ModelProposal:
    """Propose with the harmonizer agent's choice where the matcher leaves columns open.

    Args:
        config: The report, and who chooses.
        settings: Where runs and pulled models lie.
        overrides: `--set` texts, for the record.

    Raises:
        InputError: The file is not a report, or the base or an adapter cannot be used.
        Failure: The agent found no usable answer.
    """
    settings = settings or Settings()
    federation = LoRAFederation(load_config(FederationConfig, config.federation).model, settings)
    chooser = ModelChooser(federation, config.retailer_id, config.adapters)
    inputs = [
        file_input("report", config.report, "report"),
        file_input("federation", config.federation, "rmnctl/federation/v1"),
    ]
    with Run.start(settings.runs, VERB, config, inputs=inputs, overrides=overrides) as run:
        proposal = propose_mapping(
            config.report, rows=config.rows, mapping_id=config.mapping_id, chooser=chooser
        )
        federation.close()
        run.write_json("proposal.json", {"columns": proposal.columns}, PROPOSAL_SCHEMA)
        run.write_text("mapping.yaml", proposal.yaml, MAPPING_SCHEMA)
        transcripts = [done.transcript.plain() for done in chooser.executed]
        run.write_json("transcripts.json", transcripts, TRANSCRIPTS_SCHEMA)
        for done in chooser.executed:
            run.log("agent", agent="harmonizer", ms={k: round(v, 1) for k, v in done.ms.items()})
        run.metrics = {
            "asked": len(transcripts),
            "chosen": sum(done.output.field is not None for done in chooser.executed),
        }
    return ModelProposal(run, proposal, tuple(chooser.executed))
