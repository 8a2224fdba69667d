"""`rmnctl harmonize`: raw reports in, RMIS out, the books balanced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rmnctl import rmis
from rmnctl.config import Settings
from rmnctl.config.yaml_file import relative_to_config
from rmnctl.errors import ConfigError, Findings, InputError
from rmnctl.harmonization import HarmonizeConfig, InputConfig, outcome, reconcile
from rmnctl.harmonization.crosswalk import load_crosswalk, register_gtin
from rmnctl.harmonization.currency import load_rates
from rmnctl.harmonization.intake import (
    Digests,
    Located,
    choose_mapping,
    latest_day_on_earth,
    open_source,
)
from rmnctl.harmonization.judge import (
    Entry,
    Source,
    balance,
    judge,
    list_exceptions,
    reason_counts,
    telling_why,
)
from rmnctl.harmonization.replay import MendedReport, load_replay
from rmnctl.harmonization.summary import REPORT_SCHEMA, summarise
from rmnctl.reporting.harmonize_page import harmonize_page
from rmnctl.runs import Input, Run, artifact_input, file_input
from rmnctl.tables import connect, engine_failures

if TYPE_CHECKING:
    import duckdb

VERB = "harmonize"


@dataclass(frozen=True)
class HarmonizeResult:
    """What a harmonize run produced.

    Attributes:
        run: The finished run.
        summary: The content of `report.json`.
        findings: What needs attention; the command exits with 5 when there is any.
    """

    run: Run
    summary: dict[str, Any]
    findings: tuple[str, ...]


@dataclass
class _Intake:
    """Everything opened before the first row is read."""

    config: HarmonizeConfig
    sources: list[Source]
    inputs: list[Input]
    previous: Path | None
    crosswalk: Path | None
    unreadable: list[dict[str, Any]] = field(default_factory=list)


def harmonize(
    config: HarmonizeConfig,
    settings: Settings | None = None,
    *,
    config_path: Path | None = None,
    overrides: Sequence[str] = (),
    accept_proposed: bool = False,
) -> HarmonizeResult:
    """Turn raw reports into RMIS.

    Args:
        config: What to read and how.
        settings: Where runs lie, threads and memory.
        config_path: Where the configuration came from; paths in it may stand beside it.
        overrides: `--set` texts, for the record.
        accept_proposed: Use mappings that nobody has accepted yet.

    Returns:
        The complete run. Rows that could not be used are in its quarantine.

    Raises:
        ConfigError: The configuration or a mapping is wrong.
        InputError: A file is missing or is not the report its mapping describes.
        Failure: The disk refused, or the books do not balance.
    """
    settings = settings or Settings()
    intake = _open_inputs(config, settings, config_path, accept=accept_proposed)
    with (
        engine_failures(),
        Digests([s.path for s in intake.sources if not s.sha256]) as digests,
        connect(threads=settings.threads, memory_mb=settings.memory_mb) as connection,
    ):
        crosswalk = _prepare(connection, intake)
        judge(connection, intake.sources, intake.previous)
        list_exceptions(connection)
        outcome.list_restated(connection)
        _take_digests(intake, digests)
        entries = balance(connection)
        reasons = reason_counts(connection)
        connection.execute("DROP TABLE judged")
        with Run.start(
            settings.runs, VERB, intake.config, inputs=intake.inputs, overrides=overrides
        ) as run:
            summary = _conclude(run, connection, intake, entries, reasons, crosswalk)
    return HarmonizeResult(run, summary, tuple(summary["findings"]))


def check_inputs(
    config: HarmonizeConfig,
    settings: Settings | None = None,
    *,
    config_path: Path | None = None,
    accept_proposed: bool = False,
) -> list[dict[str, Any]]:
    """Open every input and bind it to its mapping, without reading rows or writing anything.

    Raises:
        ConfigError: The configuration or a mapping is wrong.
        InputError: A file is missing or is not the report its mapping describes.
    """
    intake = _open_inputs(config, settings or Settings(), config_path, accept=accept_proposed)
    return [
        {
            "input": source.name,
            "mapping": f"{source.mapping.id} v{source.mapping.version}",
            "columns": len(source.report.header),
            "as_of": str(source.as_of),
            "drift": source.transform.binding.drift.plain(),
        }
        for source in intake.sources
    ]


def _take_digests(intake: _Intake, digests: Digests) -> None:
    for number, source in enumerate(intake.sources):
        if not source.sha256:
            source.sha256 = digests.of(source.path)
            name = f"report_{number}"
            intake.inputs.append(file_input(name, source.path, "raw/v1", source.sha256))


def raise_findings(result: HarmonizeResult) -> None:
    """Turn findings into the exception whose exit code is 5; the run stays complete."""
    if result.findings:
        raise Findings(
            " ".join(result.findings),
            hint=f"See {result.run.folder / 'report.html'}; mend quarantine.jsonl and run "
            f"`rmnctl harmonize --replay {result.run.run_id} --mended FILE`.",
            details={"run_id": result.run.run_id},
        )


# -- opening -----------------------------------------------------------------------------


def _open_inputs(
    config: HarmonizeConfig, settings: Settings, config_path: Path | None, *, accept: bool
) -> _Intake:
    config = config.model_copy(update={"as_of": config.as_of or latest_day_on_earth()})
    if config.replay is not None:
        intake = _open_replay(config, settings, config_path, accept=accept)
    else:
        intake = _open_files(config, settings, config_path, accept=accept)
    if intake.previous is None and config.previous is not None:
        before = artifact_input(
            settings.runs,
            "previous",
            config.previous,
            "rmis.parquet",
            schema=rmis.RMIS_SCHEMA,
            expects=VERB,
        )
        intake.previous = before.location
        intake.inputs.append(before)
        intake.config = intake.config.model_copy(update={"previous": before.record.run_id})
    _open_tables(intake, settings, config_path)
    return intake


def _open_files(
    config: HarmonizeConfig, settings: Settings, config_path: Path | None, *, accept: bool
) -> _Intake:
    folder = relative_to_config(config.mappings, config_path)
    intake = _Intake(config, [], [], None, None)
    resolved: list[InputConfig] = []
    for item in config.inputs:
        path, given = relative_to_config(item.path, config_path), None
        if item.run is not None:
            given = artifact_input(
                settings.runs, f"report_{len(resolved)}", item.run, item.path, schema="raw/v1"
            )
            path = given.location
            item = item.model_copy(update={"run": given.record.run_id})  # noqa: PLW2901
        resolved.append(item)
        where, mapping = choose_mapping(Located(config=item, path=path), folder, accept=accept)
        source = open_source(Located(config=item, path=path), mapping, config)
        if given is not None:
            source.sha256 = given.record.sha256
            intake.inputs.append(given)
        intake.sources.append(source)
        intake.inputs.append(file_input(f"mapping_{len(resolved) - 1}", where, "mapping/v1"))
    intake.config = config.model_copy(update={"inputs": tuple(resolved)})
    return intake


def _open_replay(
    config: HarmonizeConfig, settings: Settings, config_path: Path | None, *, accept: bool
) -> _Intake:
    replay = config.replay
    if replay is None:
        raise InputError("Nothing to replay.")

    def artifact(name: str, schema: str) -> Input:
        return artifact_input(
            settings.runs, name.partition(".")[0], replay.run, name, schema=schema, expects=VERB
        )

    before = artifact("rmis.parquet", rmis.RMIS_SCHEMA)
    held = artifact("quarantine.parquet", outcome.QUARANTINE_SCHEMA)
    resolved = replay.model_copy(update={"run": before.record.run_id})
    intake = _Intake(
        config.model_copy(update={"replay": resolved}), [], [before, held], before.location, None
    )
    if replay.mended is not None:
        intake.inputs.append(file_input("mended", replay.mended, "quarantine_lines/v1"))
    folder = relative_to_config(config.mappings, config_path)
    by_name = {i.path: i for i in config.inputs}
    waiting = load_replay(held.location, replay.mended)
    intake.unreadable = waiting.unreadable
    for number, ((name, sha256, mapping_id, as_of), rows) in enumerate(waiting.groups.items()):
        if name not in by_name:
            raise ConfigError(f"The configuration has no input {name}, whose rows are replayed.")
        given = by_name[name]
        by_path = Path(given.mapping).suffix in {".yaml", ".yml"}
        chosen = given.mapping if by_path else mapping_id
        item = given.model_copy(update={"as_of": as_of, "mapping": chosen})
        located = Located(config=item, path=Path(name))
        where, mapping = choose_mapping(located, folder, accept=accept)
        source = open_source(located, mapping, config, MendedReport(Path(name), rows))
        source.sha256 = sha256
        intake.sources.append(source)
        intake.inputs.append(file_input(f"mapping_{number}", where, "mapping/v1"))
    if not intake.sources:
        raise InputError(f"Run {before.record.run_id} has no quarantined rows to judge again.")
    return intake


def _open_tables(intake: _Intake, settings: Settings, config_path: Path | None) -> None:
    if intake.config.crosswalk is not None:
        reference, _, artifact = intake.config.crosswalk.rpartition(":")
        direct = relative_to_config(intake.config.crosswalk, config_path)
        found = (
            artifact_input(settings.runs, "crosswalk", reference, artifact, schema="catalogue/v1")
            if reference and not direct.exists()
            else file_input("crosswalk", direct, "catalogue/v1")
        )
        intake.inputs.append(found)
        intake.crosswalk = found.location
    if intake.config.currency is not None:
        rates = relative_to_config(intake.config.currency.rates, config_path)
        intake.inputs.append(file_input("rates", rates, "rates/v1"))
        moved = intake.config.currency.model_copy(update={"rates": rates})
        intake.config = intake.config.model_copy(update={"currency": moved})


def _prepare(connection: duckdb.DuckDBPyConnection, intake: _Intake) -> dict[str, Any] | None:
    register_gtin(connection)
    if intake.config.currency is not None:
        load_rates(connection, intake.config.currency)
    return load_crosswalk(connection, intake.crosswalk) if intake.crosswalk else None


# -- writing -----------------------------------------------------------------------------


def _conclude(
    run: Run,
    connection: duckdb.DuckDBPyConnection,
    intake: _Intake,
    entries: Sequence[Entry],
    reasons: dict[int, dict[str, int]],
    crosswalk: dict[str, Any] | None,
) -> dict[str, Any]:
    """Write everything, check the books against it, and report."""
    written = _write(run, connection, intake)
    ragged = sum(len(s.report.ragged) for s in intake.sources) + len(intake.unreadable)
    reconcile.check(
        connection,
        entries,
        written,
        ragged=ragged,
        carried=outcome.carried_query(intake.previous),
    )
    summary = summarise(
        connection,
        intake.config,
        intake.sources,
        reconcile.books(entries, intake.sources),
        reasons,
        rmis_path=written["rmis"],
        crosswalk=crosswalk,
        unreadable=len(intake.unreadable),
    )
    run.metrics = summary["metrics"]
    run.privacy = {"leaves_owner": False, "note": "the brand's own reports"}
    run.write_json("report.json", summary, REPORT_SCHEMA)
    run.write_text("report.html", harmonize_page(summary), "html/v1")
    return summary


def _write(run: Run, connection: duckdb.DuckDBPyConnection, intake: _Intake) -> dict[str, Path]:
    captures = outcome.capture_all(connection, intake.sources)
    query = outcome.rmis_query(connection, intake.sources, captures, intake.previous)
    with telling_why(intake.sources):
        rmis_path = run.copy_query("rmis.parquet", connection, query, rmis.RMIS_SCHEMA)
    quarantine = outcome.quarantine_table(connection, intake.sources, captures, intake.unreadable)
    restatements = outcome.restatements_query(
        connection, intake.sources, captures, intake.previous, rmis_path
    )
    run.copy_query("restatements.parquet", connection, restatements, outcome.RESTATEMENTS_SCHEMA)
    run.write_text("quarantine.jsonl", outcome.quarantine_lines(quarantine), "quarantine_lines/v1")
    return {
        "rmis": rmis_path,
        "quarantine": run.write_table("quarantine.parquet", quarantine, outcome.QUARANTINE_SCHEMA),
        "set_aside": run.copy_query(
            "set_aside.parquet",
            connection,
            outcome.set_aside_query(intake.sources),
            outcome.SET_ASIDE_SCHEMA,
        ),
    }
