"""The command that checks ad copy: check-copy."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rmnctl.cli.shell import Shell, common
from rmnctl.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from rmnctl.compliance import Engine, Pack, Rule
    from rmnctl.workflows.check_copy import CheckCopyConfig, CheckCopyResult


class Format(StrEnum):
    """How verdicts are printed."""

    TABLE = "table"
    JSONL = "jsonl"
    SARIF = "sarif"


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("check-copy")(common(check_copy))


def check_copy(
    shell: Shell,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="Copies, one JSON object a line; - for stdin."),
    ] = None,
    platform: Annotated[
        str | None,
        typer.Option(help="Platform of lines that name none; also filters --list-rules."),
    ] = None,
    locale: Annotated[
        str | None, typer.Option(help="Locale of lines that name none; also filters --list-rules.")
    ] = None,
    output: Annotated[
        Format, typer.Option("--format", help="How verdicts are printed.")
    ] = Format.TABLE,
    list_rules: Annotated[
        bool, typer.Option("--list-rules", help="List the rules and stop.")
    ] = False,
    explain: Annotated[
        str | None, typer.Option("--explain", metavar="RULE", help="Explain a rule and stop.")
    ] = None,
) -> None:
    """Check ad copy against platform rules and law; every finding names its rule.

    Exit code 5: a copy breaks a rule. Exit code 3: a line could not be read.

    Examples:

      rmnctl check-copy copies.jsonl

      rmnctl check-copy copies.jsonl --format sarif > findings.sarif

      rmnctl check-copy --list-rules --platform amazon_sb --locale de-DE

      rmnctl check-copy --explain A04
    """
    from rmnctl.config import load_config
    from rmnctl.workflows.check_copy import CheckCopyConfig, raise_findings
    from rmnctl.workflows.check_copy import check_copy as work

    settings = shell.settings()
    given = [f"{k}={v}" for k, v in (("platform", platform), ("locale", locale)) if v]
    loaded = load_config(CheckCopyConfig, None, (*shell.overrides, *given))
    if list_rules or explain:
        _about_rules(shell, loaded.model, explain)
        return
    if file is None:
        raise ConfigError("check-copy needs a FILE.", hint="rmnctl check-copy copies.jsonl")
    done = work(file, loaded.model, settings, overrides=loaded.overrides)
    shell.result("check-copy", _text(done, output), run=done.run, result=done.plain())
    raise_findings("standard input" if str(file) == "-" else str(file), done)


def _text(done: CheckCopyResult, output: Format) -> str:
    if output is Format.SARIF:
        return json.dumps(done.sarif, indent=2, ensure_ascii=False)
    if output is Format.JSONL:
        return "\n".join(json.dumps(c.plain(), ensure_ascii=False) for c in done.copies)
    width = min(max((len(str(c.id)) for c in done.copies), default=2), 30)
    lines = []
    for one in done.copies:
        lines.append(f"{one.id!s:<{width}}  {one.verdict.value}")
        for f in one.findings:
            place = f"{f.span[0]}-{f.span[1]}"
            hint = f" {f.suggest}" if f.suggest else ""
            lines.append(f"{'':<{width}}    {f.rule:<14} {place:<9} {f.message}{hint}")
    numbers = done.run.metrics
    counts = ", ".join(
        f"{numbers[v]} {v}" for v in ("compliant", "violation", "needs_facts", "needs_review")
    )
    return "\n".join([*lines, f"{len(done.copies)} copies: {counts}"])


def _about_rules(shell: Shell, config: CheckCopyConfig, explain: str | None) -> None:
    from rmnctl.compliance import Engine
    from rmnctl.workflows.check_copy import find_rule, rule_row

    engine = Engine.load(config.packs)
    if explain:
        pack, rule = find_rule(engine, explain)
        document = rule_row(pack, rule) | {"rule_text": rule.plain()}
        shell.result("check-copy", _explanation(pack, rule), result=document)
        return
    if config.platform and config.platform not in engine.coverage.platforms:
        raise ConfigError(
            f"No pack knows that platform. {did_you_mean(config.platform, engine.coverage.platforms)}"
        )
    rows = [rule_row(pack, rule) for pack, rule in _chosen(engine, config)]
    lines = [
        f"{r['rule']}  {r['decided_by']:<6} {','.join(r['jurisdiction']):<12} "
        f"{r['review_by']}  {r['title']}"
        for r in rows
    ]
    if config.platform in engine.coverage.without_rules:
        shell.say(f"No public rules are known for {config.platform}; the law holds there as well.")
    shell.result("check-copy", "\n".join(lines), result={"rules": rows})


def _chosen(engine: Engine, config: CheckCopyConfig) -> list[tuple[Pack, Rule]]:
    region, _ = engine.vocabulary.place_of(config.locale)
    if config.locale and region is None:
        raise ConfigError("--locale must name a language and a country, e.g. en-US.")
    places = engine.vocabulary.regions_with(region) | {"any"} if region else None
    return [
        (pack, rule)
        for pack, rule in engine.rules(config.platform)
        if places is None or places & set(rule.jurisdiction)
    ]


def _explanation(pack: Pack, rule: Rule) -> str:
    tests = rule.tests
    shown = (
        ("Passes", tests.passing),
        ("Breaks it", tests.failing),
        ("Needs a fact", tests.needs_facts),
        ("Needs a person", tests.needs_review),
    )
    facts = sorted({e.fact for c in rule.checks for e in c.evidence})
    lines = [
        f"{rule.id}  {rule.title}",
        f"  {rule.message}" + (f" {rule.suggest}" if rule.suggest else ""),
        f"  pack {pack.pack}; platforms: {', '.join(rule.platforms or pack.platforms) or 'all'}",
        f"  where: {', '.join(rule.jurisdiction)}; elements: {', '.join(rule.elements)}",
        f"  decided by {rule.decided_by}" + (f"; settled by {' or '.join(facts)}" if facts else ""),
        f"  source ({rule.source}): {rule.source_url}, seen {rule.seen_on}, review by {rule.review_by}",
    ]
    if rule.note:
        lines.append(f"  note: {rule.note}")
    for title, cases in shown:
        lines += [f"  {title}: {case.copy_}" for case in cases]
    return "\n".join(lines)
