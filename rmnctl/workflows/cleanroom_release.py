"""`rmnctl cleanroom release`: the owner's events in, one table that may be asked out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from rmnctl.cleanroom import VERB, Ledger, Policy, Release
from rmnctl.cleanroom.aggregates import aggregate_to_rmis
from rmnctl.cleanroom.answer import read_release
from rmnctl.cleanroom.contributions import (
    Domains,
    Events,
    count_rows,
    gather,
    open_events,
    public_domains,
)
from rmnctl.cleanroom.ledger import RELEASING
from rmnctl.cleanroom.noise import build_noisy
from rmnctl.cleanroom.owner import OwnerFolder, list_people
from rmnctl.cleanroom.refresh import hold_back
from rmnctl.cleanroom.release import (
    META,
    META_SCHEMA,
    RELEASE_SCHEMA,
    TABLE,
    Built,
    build,
    build_automatic,
    load_atoms,
    period_of_table,
    released_metrics,
    settle_version,
    table_sql,
)
from rmnctl.config import ConfigModel, Settings
from rmnctl.errors import InputError, PolicyRefusal, RunError
from rmnctl.rmis import RMIS_SCHEMA
from rmnctl.runs import (
    Input,
    Manifest,
    Run,
    Status,
    artifact_input,
    file_input,
    open_artifact,
    resolve,
)
from rmnctl.tables import connect, engine_failures, no_values, sha256_file

if TYPE_CHECKING:
    import duckdb

EVENTS_SCHEMA = "events/v1"
CATALOGUE_SCHEMA = "catalogue/v1"
RMIS_TABLE = "aggregates.parquet"


class ReleaseConfig(ConfigModel):
    """Configuration of a release: what `rmnctl cleanroom release` was asked to do."""

    schema_: Literal["rmnctl/cleanroom-release/v1"] = Field(
        "rmnctl/cleanroom-release/v1", alias="schema"
    )
    policy: Policy = Field(description="the rules, the stricter of retailer and global")
    events: str = Field(description="Parquet file of events, or run:artifact")
    catalogue: str | None = Field(
        None, description="Parquet file with the public sku_id, or run:artifact"
    )
    previous: str | None = Field(
        None, description="release run to refresh; null: the newest of the retailer, if any"
    )


@dataclass(frozen=True)
class ReleaseResult:
    """A finished release.

    Attributes:
        run: The run; the analyst may have its folder.
        release: What is public about it.
        owner: What only the owner may know: shares of rows kept, rows outside the domain.
    """

    run: Run
    release: Release
    owner: dict[str, Any]


@dataclass(frozen=True)
class _Before:
    """The release that is refreshed."""

    release: Release
    table: Path
    record: Input
    owner: OwnerFolder
    events: Path


def cleanroom_release(
    config: ReleaseConfig,
    settings: Settings | None = None,
    *,
    overrides: Sequence[str] = (),
    history: Path | None = None,
) -> ReleaseResult:
    """Release what a policy allows of a retailer's events.

    Args:
        config: Policy, events and catalogue.
        settings: Where runs lie.
        overrides: For the record.
        history: Folder with the ledgers and the owner's folders; the runs folder by default.
            What is simulated keeps its own, one for each world: worlds do not refresh each other.

    Raises:
        ConfigError: The policy needs a catalogue, or changed since the first release.
        InputError: The events or the catalogue are not what they should be.
        RunError: The release before is not there any more.
        PolicyRefusal: Starting over, or epsilon used up.
    """
    settings = settings or Settings()
    history = history or settings.runs
    ledger = Ledger(history / ".ledger", config.policy.retailer)
    inputs = _inputs(config, settings)
    with (
        ledger.locked(RELEASING),
        connect(threads=settings.threads, memory_mb=max(settings.memory_mb, 2000)) as connection,
        no_values(),
        engine_failures(),
    ):
        before = _before(config, settings, ledger, history)
        if before is not None:
            inputs.append(before.record)
        events = open_events(connection, inputs[0].location, config.policy)
        catalogue = next((i.location for i in inputs if i.record.name == "catalogue"), None)
        domains = public_domains(
            connection, config.policy, catalogue, before.release.skus if before else None
        )
        built = _build(connection, events, config.policy, domains, before)
        owner_report = _owner_report(connection, events, config.policy, built)
        with Run.start(settings.runs, VERB, config, inputs=inputs, overrides=overrides) as run:
            release = _write(run, connection, config.policy, domains, built, before, events)
            owner = OwnerFolder.of(history, run.run_id)
            _keep(owner, connection, config.policy, events, before)
            owner.write_report(owner_report)
            ledger.append("release", _entry(run, release))
        if before is not None:
            # Only the newest release can be refreshed, and this one is complete.
            before.owner.forget_data()
    return ReleaseResult(run, release, owner_report)


def _entry(run: Run, release: Release) -> dict[str, Any]:
    """What the ledger says of a release."""
    return {
        "run": run.run_id,
        "release": release.digest,
        "version": release.version,
        "policy": release.policy_digest,
        "previous_release": release.previous,
    }


def _keep(
    owner: OwnerFolder,
    connection: duckdb.DuckDBPyConnection,
    policy: Policy,
    events: Events,
    before: _Before | None,
) -> None:
    """Keep what the next refresh needs."""
    owner.keep_events(events.path)
    if before is None or policy.mode != "atoms":
        return
    people = None
    if events.keyed:
        people = list_people(connection, policy, before.events, before.owner)
    owner.keep_behind(connection, policy, people)


def _inputs(config: ReleaseConfig, settings: Settings) -> list[Input]:
    inputs = [_input("events", config.events, EVENTS_SCHEMA, settings)]
    if config.catalogue is not None:
        inputs.append(_input("catalogue", config.catalogue, CATALOGUE_SCHEMA, settings))
    return inputs


def _input(name: str, text: str, schema: str, settings: Settings) -> Input:
    """A file, or `run:artifact`."""
    if not Path(text).exists() and ":" in text:
        reference, _, artifact = text.rpartition(":")
        _, manifest = resolve(settings.runs, reference)
        known = manifest.artifact(artifact)
        return artifact_input(
            settings.runs, name, reference, artifact, schema=known.schema_ if known else schema
        )
    return file_input(name, Path(text), schema)


def _before(
    config: ReleaseConfig, settings: Settings, ledger: Ledger, history: Path
) -> _Before | None:
    """The release to refresh: the last of the ledger, and no other.

    Two refreshes of one release would have a difference that nobody judged.
    """
    last = _last_released(ledger, settings)
    if last is None:
        if config.previous is not None:
            raise RunError(
                f"{config.policy.retailer} has no release to refresh.",
                hint="Leave --previous out for the first one.",
            )
        return None
    folder, manifest = resolve(settings.runs, config.previous or last["run"], VERB)
    if manifest.run_id != last["run"]:
        raise PolicyRefusal(
            f"Only the newest release of {config.policy.retailer} can be refreshed: {last['run']}.",
            hint="Leave --previous out.",
        )
    meta = open_artifact(folder, manifest, META, META_SCHEMA)
    table = open_artifact(folder, manifest, TABLE, RELEASE_SCHEMA)
    release = read_release(meta)
    if release.digest != last["release"]:
        raise RunError(f"{manifest.run_id} is not the release that the ledger names.")
    if release.policy_digest != config.policy.digest:
        raise PolicyRefusal(
            f"The policy of {config.policy.retailer} is frozen since its first release.",
            hint="Answers under two policies can be subtracted. Use the policy of "
            f"{manifest.run_id}, or another retailer name for another data set.",
        )
    record = artifact_input(settings.runs, "previous", manifest.run_id, META, schema=META_SCHEMA)
    owner = OwnerFolder.of(history, manifest.run_id)
    sha = next(i.sha256 for i in manifest.inputs if i.name == "events")
    return _Before(release, table, record, owner, owner.open_events(sha, manifest.run_id))


def _last_released(ledger: Ledger, settings: Settings) -> dict[str, Any] | None:
    """The newest release of the ledger that anybody could have seen."""
    faults = ledger.verify()
    if faults:
        raise InputError(
            f"The ledger of {ledger.retailer} was altered: {faults[0].message}",
            hint="Restore runs/.ledger from a backup; without it nothing is released.",
        )
    releases: list[dict[str, Any]] = [e for e in ledger.entries() if e["kind"] == "release"]
    for entry in releases[::-1]:
        folder = settings.runs / str(entry["run"])
        if not folder.is_dir():
            raise PolicyRefusal(
                f"{ledger.retailer} was released before, but {entry['run']} is gone.",
                hint="Starting over beside old answers would let them be subtracted. Restore the "
                "run, or use another runs folder if nobody ever saw the answers of this one.",
            )
        # Killed before it was complete: no query was ever answered from it. A folder that
        # cannot be read is an error, or spoiling it would be a way to start over.
        if Manifest.read(folder).status is Status.COMPLETE:
            return entry
    return None


def _build(
    connection: duckdb.DuckDBPyConnection,
    events: Events,
    policy: Policy,
    domains: Domains,
    before: _Before | None,
) -> Built:
    if policy.mode == "dp":
        return _build_dp(connection, events, policy, domains, before)
    if before is None:
        return build_automatic(connection, events, policy, domains)
    grain = before.release.grain
    load_atoms(connection, before.release, before.table, "before_")
    built = build(connection, events, policy, domains, grain, frozen="before_")
    kept = open_events(connection, before.events, policy)
    if kept.keyed != events.keyed:
        raise InputError(
            f"The events of {policy.retailer} "
            + ("have no customer key any more." if kept.keyed else "have a customer key now."),
            hint="What is counted cannot change between versions.",
        )
    gather(connection, "parts_before", kept, policy, domains, grain)
    before.owner.load_behind(connection, policy, keyed=events.keyed)
    hold_back(connection, policy)
    return built


def _build_dp(
    connection: duckdb.DuckDBPyConnection,
    events: Events,
    policy: Policy,
    domains: Domains,
    before: _Before | None,
) -> Built:
    """New noise for new data only: noise drawn twice over the same data could be averaged."""
    if before is None or before.release.skus != domains.skus:
        return build_noisy(connection, events, policy, domains, before.release if before else None)
    if sha256_file(before.events) != sha256_file(events.path):
        return build_noisy(connection, events, policy, domains, before.release)
    load_atoms(connection, before.release, before.table, "atoms_", include_empty=True)
    _, rows = count_rows(connection, events, policy)
    return Built(before.release.grain, rows, {}, before.release.dp)


def _owner_report(
    connection: duckdb.DuckDBPyConnection, events: Events, policy: Policy, built: Built
) -> dict[str, Any]:
    total, own = count_rows(connection, events, policy)
    if own == 0:
        raise InputError(
            f"{events.path} holds no event of {policy.retailer} in the policy's dates.",
            hint="The column retailer_id must hold the policy's retailer.",
        )
    return {
        "schema": "rmnctl/cleanroom-owner-report/v1",
        "rows": total,
        "rows_of_retailer": own,
        "rows_in_domain": built.rows,
        "grain": built.grain.value,
        "kept": {
            name: {"named": round(share.named, 6), "kept": round(share.kept * built.rows / own, 6)}
            for name, share in built.shares.items()
        },
    }


def _write(
    run: Run,
    connection: duckdb.DuckDBPyConnection,
    policy: Policy,
    domains: Domains,
    built: Built,
    before: _Before | None,
    events: Events,
) -> Release:
    table = run.copy_query(
        TABLE, connection, table_sql(policy, domains, built.grain), RELEASE_SCHEMA
    )
    sha = run.written(TABLE).sha256
    release = settle_version(
        {
            "retailer": policy.retailer,
            "grain": built.grain,
            "period": period_of_table(connection, table, policy, built.grain),
            "placements": domains.placements,
            "skus": domains.skus,
            "metrics": policy.metrics,
            "privacy_unit": "customer" if events.keyed else "record",
            "policy": policy,
            "policy_digest": policy.digest,
            "dp": built.dp,
            "table_sha256": sha,
        },
        before.release if before else None,
    )
    run.write_json(META, release.plain(), META_SCHEMA)
    run.copy_query(RMIS_TABLE, connection, aggregate_to_rmis(release, table), RMIS_SCHEMA)
    run.metrics = {"version": release.version, "metrics": len(released_metrics(policy))}
    run.privacy = {
        "leaves_owner": True,
        "mode": policy.mode,
        "privacy_unit": release.privacy_unit,
        "policy": release.policy_digest,
        "release": release.digest,
        "version": release.version,
    }
    return release
