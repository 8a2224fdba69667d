"""Commands of the clean room: release on the owner's side, query on the analyst's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from rmnctl.cli.shell import Shell, common
from rmnctl.errors import ConfigError, Findings

if TYPE_CHECKING:
    from rmnctl.workflows.cleanroom_release import ReleaseResult

app = typer.Typer(
    help="Release aggregates that withstand their analyst, and ask them.",
    rich_markup_mode=None,
)
ledger_app = typer.Typer(help="The record of what was released and asked.", rich_markup_mode=None)
app.add_typer(ledger_app, name="ledger")

PolicyOption = Annotated[
    Path, typer.Option("--policy", metavar="YAML", help="Policy of the retailer.")
]
GlobalOption = Annotated[
    Path | None,
    typer.Option(
        "--global-policy",
        metavar="YAML",
        help="Policy of all retailers; the stricter wins. [default: global.yaml beside the policy]",
    ),
]
ReleaseOption = Annotated[
    str | None, typer.Option("--release", metavar="RUN", help="Release run, e.g. latest.")
]
QueryOption = Annotated[Path, typer.Option("--query", metavar="FILE", help="Query, YAML or JSON.")]


@app.command("release")
@common
def release(
    shell: Shell,
    policy: PolicyOption,
    events: Annotated[
        str,
        typer.Option("--events", metavar="FILE", help="Parquet file of events, or run:artifact."),
    ],
    catalogue: Annotated[
        str | None,
        typer.Option("--catalogue", metavar="FILE", help="Parquet with sku_id, or run:artifact."),
    ] = None,
    previous: Annotated[
        str | None,
        typer.Option("--previous", metavar="RUN", help="Release to refresh. [default: the newest]"),
    ] = None,
    global_policy: GlobalOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the policy, write nothing.")
    ] = False,
) -> None:
    """Release what the policy allows; the owner's side.

    The run folder may go to the analyst. What only the owner may know is printed here and kept
    in runs/.owner.

    Examples:

      rmnctl cleanroom release --policy configs/cleanroom/alpha.yaml
      --events latest:simulate:events_alpha.parquet --catalogue latest:simulate:catalogue.parquet

      rmnctl cleanroom release --policy mine.yaml --events events.parquet --dry-run
    """
    from rmnctl.cleanroom import load_policy
    from rmnctl.workflows.cleanroom_release import ReleaseConfig, cleanroom_release

    settings = shell.settings()
    rules = load_policy(policy, global_policy)
    config = ReleaseConfig(policy=rules, events=events, catalogue=catalogue, previous=previous)
    if dry_run:
        shell.result(
            "cleanroom release",
            f"The policy of {rules.retailer} is valid; nothing was released.",
            result=config.plain(),
        )
        return
    done = cleanroom_release(config, settings)
    if done.release.privacy_unit == "record":
        shell.say("Warning: the events have no customer key; thresholds count records, not people.")
    shell.result(
        "cleanroom release",
        _release_text(done),
        run=done.run,
        result={"release": done.release.plain(), "owner": done.owner},
    )


def _release_text(done: ReleaseResult) -> str:
    shares = "\n".join(
        f"  {name:<24} {share['kept']:7.1%} of rows in released atoms"
        + (f", {share['named']:.1%} under their own SKU" if done.release.skus else "")
        for name, share in done.owner["kept"].items()
    )
    return (
        f"{done.run.run_id}\n"
        f"  {done.release.retailer}, version {done.release.version}, "
        f"grain {done.release.grain.value}, per {done.release.privacy_unit}\n{shares}\n"
        f"Next: rmnctl cleanroom query --release latest --query QUERY.yaml"
    )


@app.command("query")
@common
def query(
    shell: Shell,
    query: QueryOption,
    release: ReleaseOption = None,
    connector: Annotated[
        Path | None,
        typer.Option("--connector", metavar="YAML", help="A remote clean room instead."),
    ] = None,
) -> None:
    """Ask a release, or a remote clean room; the analyst's side.

    Exit code 4: the policy does not allow the query. Exit code 1: the room is unavailable.

    Examples:

      rmnctl cleanroom query --release latest --query configs/cleanroom/queries/placements.yaml

      rmnctl cleanroom query --connector room.yaml --query query.json --json
    """
    from rmnctl.config import load_config
    from rmnctl.workflows.cleanroom_query import cleanroom_query, cleanroom_query_remote

    settings = shell.settings()
    if (release is None) == (connector is None):
        raise ConfigError("Name one clean room: --release RUN or --connector YAML.")
    if connector is not None:
        from rmnctl.cleanroom.connector import ConnectorConfig

        loaded = load_config(ConnectorConfig, connector, shell.overrides)
        answer = cleanroom_query_remote(loaded.model, query, settings)
    else:
        answer = cleanroom_query(release or "latest", query, settings)
    shell.result("cleanroom query", _grid_text(answer.cells), result=answer.plain())


def _grid_text(cells: list[dict[str, Any]]) -> str:
    if not cells:
        return "No cells: the query groups by a dimension without values."
    names = [*cells[0]["key"], *cells[0]["metrics"]]
    rows = [
        [*(v or "(remainder)" for v in cell["key"].values())]
        + [
            "withheld" if m["value"] is None else f"{m['value']:,}"
            for m in cell["metrics"].values()
        ]
        for cell in cells
    ]
    keys = len(cells[0]["key"])
    widths = [max(len(names[i]), *(len(r[i]) for r in rows)) for i in range(len(names))]
    lines = [
        "  ".join(
            text.ljust(w) if i < keys else text.rjust(w)
            for i, (text, w) in enumerate(zip(line, widths, strict=True))
        )
        for line in [names, *rows]
    ]
    return "\n".join(lines)


@app.command("fields")
@common
def fields(
    shell: Shell,
    retailer: Annotated[
        str | None, typer.Option("--retailer", metavar="NAME", help="Whose policy.")
    ] = None,
    policies: Annotated[
        Path, typer.Option("--policies", metavar="DIR", help="Folder of policies.")
    ] = Path("configs/cleanroom"),
    release: ReleaseOption = None,
) -> None:
    """Show what may be asked, what is blocked and why.

    Examples:

      rmnctl cleanroom fields --retailer alpha

      rmnctl cleanroom fields --release latest
    """
    from rmnctl.workflows.cleanroom_query import NO_POLICY, cleanroom_fields, describe

    settings = shell.settings()
    if (release is None) == (retailer is None):
        raise ConfigError("Name one: --retailer NAME or --release RUN.")
    public: dict[str, Any] = {}
    if release is not None:
        from rmnctl.cleanroom import LocalRoom

        with LocalRoom.open(settings.runs, release) as room:
            found = describe(room.release.policy)
            public = room.release.plain()
    else:
        found = cleanroom_fields(retailer or "", policies)
    t = found.policy.thresholds
    rules_text = (
        f"{found.policy.retailer}: at least {t.min_records} records, {t.min_entities} customers, "
        f"{t.min_contributors} contributors; p {found.policy.dominance.p_percent:g} %"
    )
    lines = [rules_text]
    if public:
        period = public["period"]
        days = f"{period['from']} to {period['to']}" if period else "no dates"
        lines.append(f"release version {public['version']}: grain {public['grain']}, {days}")
    lines += ["Allowed", *(f"  {n:<16} {use}" for n, use in found.allowed.items())]
    other = [n for n, why in found.blocked.items() if why == NO_POLICY]
    named = {n: why for n, why in found.blocked.items() if why != NO_POLICY}
    lines += ["Blocked", *(f"  {n:<16} {why}" for n, why in named.items())]
    lines.append(f"  and {len(other)} other columns of RMIS, and every column nobody named")
    shell.result(
        "cleanroom fields", "\n".join(lines), result=found.plain() | {"release": public or None}
    )


@app.command("export")
@common
def export(
    shell: Shell,
    policy: PolicyOption,
    to: Annotated[Literal["aws", "snowflake"], typer.Option("--to", help="Whose words to use.")],
    query: Annotated[
        Path | None, typer.Option("--query", metavar="FILE", help="Export this query instead.")
    ] = None,
    table: Annotated[str, typer.Option("--table", help="Name of the table of events.")] = "events",
    global_policy: GlobalOption = None,
) -> None:
    """Write a policy or a query for a commercial clean room.

    Examples:

      rmnctl cleanroom export --policy configs/cleanroom/alpha.yaml --to aws

      rmnctl cleanroom export --policy configs/cleanroom/alpha.yaml --to snowflake --query q.yaml
    """
    from rmnctl.cleanroom import export as words
    from rmnctl.cleanroom import load_policy, read_query
    from rmnctl.tables import json_text

    shell.settings()
    rules = load_policy(policy, global_policy)
    if query is not None:
        if to == "aws":
            raise ConfigError("A query is exported as SQL: --to snowflake.")
        text = words.snowflake_query(read_query(query), rules, table)
        shell.result("cleanroom export", text.rstrip(), result={"sql": text})
    elif to == "snowflake":
        text = words.snowflake_policy(rules, table)
        shell.result("cleanroom export", text.rstrip(), result={"sql": text})
    else:
        rule = words.aws_analysis_rule(rules)
        for missing in rule["not_expressed"]:
            shell.say(f"Not expressed: {missing}")
        shell.result("cleanroom export", json_text(rule["policy"]).rstrip(), result=rule)


@ledger_app.command("verify")
@common
def verify(
    shell: Shell,
    retailer: Annotated[
        str | None, typer.Option("--retailer", metavar="NAME", help="Only this one's.")
    ] = None,
) -> None:
    """Check that no entry was altered, added or cut off.

    Exit code 5: something was.

    Examples:

      rmnctl cleanroom ledger verify

      rmnctl cleanroom ledger verify --retailer alpha --json
    """
    from rmnctl.workflows.cleanroom_ledger import verify_ledgers

    checked, faults = verify_ledgers(shell.settings(), retailer)
    lines = [f"{f.name}: {f.message}" for f in faults]
    text = (
        "\n".join(lines) or f"{checked} ledger{'s' if checked != 1 else ''}: nothing was altered."
    )
    named = [{"retailer": f.name, "entry": f.entry, "message": f.message} for f in faults]
    result = {"ledgers": checked, "faults": named}
    shell.result("cleanroom ledger verify", text, result=result)
    if faults:
        raise Findings(f"{len(faults)} faults in the ledger.", hint="Restore it from a backup.")


@ledger_app.command("show")
@common
def show(
    shell: Shell,
    retailer: Annotated[str, typer.Option("--retailer", metavar="NAME", help="Whose.")],
    last: Annotated[int, typer.Option("--last", min=1, help="How many entries.")] = 20,
) -> None:
    """List the newest entries.

    Examples:

      rmnctl cleanroom ledger show --retailer alpha

      rmnctl cleanroom ledger show --retailer alpha --last 5 --json
    """
    from rmnctl.workflows.cleanroom_ledger import ledger_entries

    entries = ledger_entries(shell.settings(), retailer)[-last:]
    lines = [
        f"{e['entry']:>6}  {e['at']}  {e['kind']:<8} {e.get('status') or 'version'} "
        f"{e.get('version', '')}".rstrip()
        for e in entries
    ]
    shell.result("cleanroom ledger show", "\n".join(lines) or "No entries.", result=entries)
