"""`rmnctl creative`: briefs in, checked ad copy out, every draft on record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator

from rmnctl.agents.creative import (
    Brief,
    Creative,
    CreativeAgent,
    CreativeAsk,
    FederationWriter,
    Voice,
    Writer,
    pieces_of,
)
from rmnctl.compliance import Engine
from rmnctl.compliance.pack import DEFAULT_FOLDER, default_folder
from rmnctl.config import ConfigModel, Settings, load_config
from rmnctl.errors import Findings
from rmnctl.federation import AdapterType, FederationConfig, LoRAFederation
from rmnctl.reporting.creative_page import creative_page
from rmnctl.runs import Input, Run, file_input
from rmnctl.workflows.creative_figures import figures

VERB = "creative"
CREATIVES_SCHEMA: Final = "rmnctl/creatives/v1"
DRAFTS_SCHEMA: Final = "rmnctl/creative-drafts/v1"
TRANSCRIPTS_SCHEMA: Final = "transcripts/v1"
#: Compositions that an evaluation compares, with the layers each may use.
ARMS: Final[Mapping[str, tuple[str, ...]]] = {
    "base": (),
    "industry": ("industry",),
    "industry+manufacturer": ("industry", "manufacturer"),
    "composed": ("industry", "retailer", "manufacturer", "task"),
}


Weight = Annotated[float, Field(ge=0, le=2)]


class CreativeConfig(ConfigModel):
    """Configuration `rmnctl/creative/v1`."""

    schema_: Literal["rmnctl/creative/v1"] = Field("rmnctl/creative/v1", alias="schema")
    federation: Path = Field(Path("configs/federation.yaml"), description="who writes")
    packs: Path = Field(DEFAULT_FOLDER, description="folder of rule packs")
    variants: int = Field(3, ge=1, le=20, description="distinct texts for each element")
    drafts: int = Field(4, ge=1, le=8, description="drafts of each text in each round, one batch")
    max_rounds: int = Field(3, ge=0, le=3, description="repairs of one text at most")
    max_overlap: float = Field(
        0.6, ge=0, le=1, description="share of words that two variants may have in common"
    )
    temperature: float = Field(0.8, gt=0, le=2, description="of what is drawn; the first is greedy")
    seed: int = Field(0, ge=0, description="of all draws")
    weights: dict[AdapterType, Weight] = Field(
        default={AdapterType.INDUSTRY: 0.25, AdapterType.MANUFACTURER: 0.1},
        description="of layers by adapter type, where the federation names none; others have 1",
    )
    voices: dict[str, Voice] = Field({}, description="how brands speak, by brand_id")
    briefs: tuple[Brief, ...] = Field(min_length=1, description="what is to be advertised")

    @model_validator(mode="after")
    def _names(self) -> Self:
        names = [b.id for b in self.briefs]
        if len(set(names)) < len(names):
            raise ValueError("two briefs have one id")
        return self


@dataclass(frozen=True)
class CreativeResult:
    """What a run wrote.

    Attributes:
        run: With `creatives.json`, `creatives.parquet`, `transcripts.json`, `report.html`.
        document: `creatives.json`.
    """

    run: Run
    document: dict[str, Any]


def write_creatives(
    config: CreativeConfig,
    settings: Settings | None = None,
    *,
    evaluate: bool = False,
    writers: Mapping[str, Writer] | None = None,
    overrides: Sequence[str] = (),
) -> CreativeResult:
    """Write, check and repair copy for every brief.

    Args:
        config: Briefs, voices, who writes.
        settings: Where runs and pulled models lie.
        evaluate: Also write everything with the bare base and with fewer layers, for comparison.
        writers: Instead of the federation, by arm; the last one's copy is delivered.
        overrides: `--set` texts, for the record.

    Raises:
        ConfigError: A brief names a platform, element or locale that there is not.
        InputError: The base model or an adapter cannot be used.
    """
    settings = settings or Settings()
    engine = Engine.load(config.packs)
    pieces = pieces_of(config.briefs, engine)
    layers: list[dict[str, Any]] = []
    same: dict[str, str] = {}
    federation = None
    if writers is None:
        federation = _weighted(
            LoRAFederation(load_config(FederationConfig, config.federation).model, settings),
            config.weights,
        )
        layers = _layers(federation, config.briefs)
        writers, same = _writers(federation, config, evaluate=evaluate)
    inputs = _inputs(config)
    with Run.start(
        settings.runs, VERB, config, inputs=inputs, seed=config.seed, overrides=overrides
    ) as run:
        arms: dict[str, list[Creative]] = {}
        transcripts: list[dict[str, Any]] = []
        for name, writer in writers.items():
            agent = CreativeAgent(federation, engine=engine, writer=writer)
            arms[name], transcripts = _written(agent, config)
            run.log("written", arm=name, pieces=len(pieces))
        measured = {name: figures(made, config.variants) for name, made in arms.items()}
        measured |= {name: measured[other] | {"same_as": other} for name, other in same.items()}
        document = _store(run, arms, measured, layers)
        said = {"schema": TRANSCRIPTS_SCHEMA, "transcripts": transcripts}
        run.write_json("transcripts.json", said, TRANSCRIPTS_SCHEMA)
    return CreativeResult(run, document)


def raise_findings(done: CreativeResult) -> None:
    """End as the result asks for.

    Raises:
        Findings: Some requests did not get all their variants.
    """
    short = [
        c
        for c in done.document["creatives"]
        if any(v["status"] != "delivered" for v in c["variants"])
    ]
    if short:
        raise Findings(
            f"{len(short)} of {len(done.document['creatives'])} requests did not get all their "
            "variants; what failed is not delivered.",
            hint="creatives.json says why each draft failed.",
        )


def _store(
    run: Run,
    arms: Mapping[str, Sequence[Creative]],
    measured: Mapping[str, dict[str, Any]],
    layers: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    """Write what was made; the last arm is the one that is delivered."""
    delivered = list(arms)[-1]
    document = {
        "schema": CREATIVES_SCHEMA,
        "arm": delivered,
        "layers": layers,
        "figures": measured,
        "creatives": [c.plain() for c in arms[delivered]],
    }
    run.write_json("creatives.json", document, CREATIVES_SCHEMA)
    run.write_table("creatives.parquet", _table(arms), DRAFTS_SCHEMA)
    run.write_text("report.html", creative_page(document), "html/v1")
    run.metrics = {k: v for k, v in measured[delivered].items() if k != "intervals"}
    return document


def _written(
    agent: CreativeAgent, config: CreativeConfig
) -> tuple[list[Creative], list[dict[str, Any]]]:
    """Every piece as the agent made it, and its transcripts, a brief each."""
    made: list[Creative] = []
    transcripts = []
    for brief in config.briefs:
        ask = CreativeAsk(
            brief=brief,
            voice=config.voices.get(brief.brand_id, Voice.model_validate({})),
            variants=config.variants,
            drafts=config.drafts,
            max_rounds=config.max_rounds,
            max_overlap=config.max_overlap,
            seed=config.seed,
        )
        transcripts.append(agent.execute(ask).transcript.plain())
        made += agent.made
    return made, transcripts


def _weighted(federation: LoRAFederation, weights: Mapping[AdapterType, float]) -> LoRAFederation:
    """The federation with layers as strong as copy can bear.

    At full weight a brand's layer answers with its private facts, whatever is asked.
    """
    kinds = {a.id: a.card.adapter_type for a in federation.registry}
    own = {name: weights[kind] for name, kind in kinds.items() if kind in weights}
    return federation.with_config(weights=own | federation.config.weights)


def _layers(federation: LoRAFederation, briefs: Sequence[Brief]) -> list[dict[str, Any]]:
    """Which layers write for each brand, and which are missing, with the reason."""
    wanted = dict.fromkeys((b.brand_id, b.retailer_id) for b in briefs)
    return [
        {"brand_id": brand, "retailer_id": retailer}
        | {"layers": [x.plain() for x in federation.select("creative", retailer, brand).layers]}
        for brand, retailer in wanted
    ]


def _writers(
    federation: LoRAFederation, config: CreativeConfig, *, evaluate: bool
) -> tuple[dict[str, Writer], dict[str, str]]:
    """The writers by arm; arms whose layers are those of another one are not written twice."""
    if not evaluate:
        return {"composed": FederationWriter(federation, temperature=config.temperature)}, {}
    forced: dict[str, dict[str, tuple[str, ...]]] = {}
    for name, kinds in ARMS.items():
        forced[name] = {
            b.brand_id: tuple(
                layer.adapter.id
                for layer in federation.select("creative", b.retailer_id, b.brand_id).layers
                if layer.adapter is not None and layer.adapter_type.value in kinds
            )
            for b in config.briefs
        }
    same: dict[str, str] = {}
    names = list(ARMS)
    for i, name in enumerate(names):
        # The full composition is always written, so that it is what is delivered.
        later = [n for n in names[i + 1 :] if forced[n] == forced[name]]
        if later:
            same[name] = later[-1]
    return {
        name: FederationWriter(
            federation, temperature=config.temperature, force_adapters=forced[name]
        )
        for name in names
        if name not in same
    }, same


def _inputs(config: CreativeConfig) -> list[Input]:
    packs = sorted(default_folder(config.packs).glob("*.yaml"))
    return [file_input(f"pack {p.stem}", p, "rmnctl/compliance-pack/v1") for p in packs]


def _table(arms: Mapping[str, Sequence[Creative]]) -> Any:
    """One row for each draft, of every arm."""
    import pyarrow as pa

    rows = [
        {
            "arm": arm,
            "brief": c.piece.brief.id,
            "element": c.piece.element,
            "variant": v.number,
            "status": v.status.value,
            "round": d.round,
            "draft": d.number,
            "text": d.text,
            "verdict": d.verdict.value,
            "findings": [f.rule for f in d.findings],
            "problems": [p.rule for p in d.problems],
            "messages": d.messages,
            "delivered": v.text is not None and d is v.chosen,
            "seed": d.seed,
            "surprise": None if d.surprise is None else round(d.surprise, 3),
        }
        for arm, made in arms.items()
        for c in made
        for v in c.variants
        for d in v.drafts
    ]
    texts = pa.list_(pa.string())
    kinds = {"variant": pa.int32(), "round": pa.int32(), "draft": pa.int32(), "seed": pa.int64()}
    kinds |= {
        "findings": texts,
        "problems": texts,
        "messages": texts,
        "delivered": pa.bool_(),
        "surprise": pa.float64(),
    }
    names = list(rows[0])
    return pa.Table.from_pylist(
        rows, schema=pa.schema([(n, kinds.get(n, pa.string())) for n in names])
    )


def load_creative(path: Path, overrides: Sequence[str] = ()) -> CreativeConfig:
    """A configuration of `rmnctl creative`.

    Raises:
        ConfigError: Anything wrong, all faults at once.
    """
    return load_config(CreativeConfig, path, overrides).model
