"""`rmnctl check-copy`: lines of ad copy in, a verdict and findings for each out."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field

from rmnctl.compliance import (
    Checked,
    Copy,
    Engine,
    Verdict,
    parse_line,
    to_sarif,
    usual_workers,
)
from rmnctl.compliance.pack import DEFAULT_FOLDER, Pack, Rule, all_rules, default_folder
from rmnctl.config import ConfigModel, Settings
from rmnctl.errors import ConfigError, Findings, InputError, did_you_mean
from rmnctl.runs import Input, Run, file_input

VERB = "check-copy"
COPY_SCHEMA: Final = "rmnctl/copy/v1"
VERDICTS_SCHEMA: Final = "rmnctl/copy-verdicts/v1"
#: One line holds one copy; more than this is another kind of file.
MAX_LINE_BYTES = 8 * 1024 * 1024


class CheckCopyConfig(ConfigModel):
    """How copies are checked."""

    schema_: Literal["rmnctl/check-copy/v1"] = Field(
        "rmnctl/check-copy/v1", alias="schema", description="Version of this form."
    )
    packs: Path = Field(DEFAULT_FOLDER, description="Folder of rule packs.")
    platform: str | None = Field(None, description="Platform of lines that name none.")
    locale: str | None = Field(None, description="Locale of lines that name none.")


@dataclass(frozen=True)
class CheckCopyResult:
    """What a check found.

    Attributes:
        run: The finished run.
        copies: The copies with their verdicts, in the order of the file.
        bad_lines: Line number to what is wrong with it.
        sarif: The findings as a SARIF log.
    """

    run: Run
    copies: tuple[Checked, ...]
    bad_lines: Mapping[int, list[str]]
    sarif: dict[str, Any]

    @property
    def violations(self) -> int:
        """How many copies break a rule."""
        return sum(c.verdict is Verdict.VIOLATION for c in self.copies)

    def plain(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "copies": [c.plain() for c in self.copies],
            "bad_lines": [
                {"line": line, "faults": faults} for line, faults in self.bad_lines.items()
            ],
        }


def _read(path: Path) -> bytes:
    if str(path) == "-":
        return sys.stdin.buffer.read()
    return file_input("copy", path, COPY_SCHEMA).location.read_bytes()


def read_copies(
    data: bytes, name: str, defaults: Mapping[str, str] | None = None
) -> tuple[list[tuple[int, Copy]], dict[int, list[str]]]:
    """Read JSON lines.

    Args:
        data: The file.
        name: What messages call it.
        defaults: `platform` and `locale` for lines that name none.

    Returns:
        The good lines with their number, and the faults of the bad ones by number.

    Raises:
        InputError: It is not UTF-8 text, or holds no lines.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(f"{name}:{line} is not UTF-8 text.") from error
    good: list[tuple[int, Copy]] = []
    bad: dict[int, list[str]] = {}
    for number, words in enumerate(text.split("\n"), start=1):
        if not words.strip():
            continue
        if len(words) > MAX_LINE_BYTES:
            bad[number] = ["longer than a line of copy can be"]
            continue
        copy = parse_line(words, defaults)
        if isinstance(copy, Copy):
            good.append((number, copy))
        else:
            bad[number] = copy
    if not good and not bad:
        raise InputError(
            f"{name} holds no copies.", hint="One JSON object a line; see docs/compliance.md."
        )
    return good, bad


def _measured(
    copies: Sequence[tuple[int, Copy]], bad: dict[int, list[str]], folder: Path
) -> tuple[list[tuple[int, Copy]], list[Input]]:
    """The copies with what their image files measure; a bad file makes its line a bad one."""
    if not any(a and a.file for _, c in copies for a in (c.context.image, c.context.logo)):
        return list(copies), []
    from rmnctl.compliance.images import with_files

    good: list[tuple[int, Copy]] = []
    files: dict[Path, None] = {}
    for number, copy in copies:
        try:
            seen, found = with_files(copy, folder)
        except InputError as error:
            bad[number] = [error.message]
            continue
        good.append((number, seen))
        files |= dict.fromkeys(found)
    named = enumerate(sorted(files), start=1)
    return good, [file_input(f"image {n}", path, "image") for n, path in named]


def bad_input(name: str, bad: Mapping[int, list[str]]) -> InputError:
    """The error that names every bad line."""
    shown = [f"{name}:{line}: {fault}" for line, faults in bad.items() for fault in faults]
    more = f"\n  … and {len(shown) - 20} more" if len(shown) > 20 else ""
    return InputError(
        f"{len(bad)} bad line{'s' if len(bad) != 1 else ''}:\n  " + "\n  ".join(shown[:20]) + more,
        hint="docs/compliance.md lists the keys of a line and of its facts.",
        details={"faults": [{"line": line, "faults": faults} for line, faults in bad.items()]},
    )


def _pack_inputs(folder: Path) -> list[Input]:
    paths = sorted(default_folder(folder).glob("*.yaml"))
    return [file_input(f"pack {p.stem}", p, "rmnctl/compliance-pack/v1") for p in paths]


def _compact(value: Any) -> str:
    # Without indentation json runs in C: ten times faster on many findings.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _jsonl(checked: Iterable[Checked]) -> Iterable[bytes]:
    for one in checked:
        yield (_compact(one.plain()) + "\n").encode()


def check_copy(
    path: Path,
    config: CheckCopyConfig | None = None,
    settings: Settings | None = None,
    *,
    overrides: Sequence[str] = (),
) -> CheckCopyResult:
    """Check every copy of a file; good lines are checked whatever the others hold.

    Args:
        path: JSON lines; `-` reads standard input.
        config: Packs and defaults.
        settings: Where runs lie, and how many processes may work.
        overrides: `--set` texts, for the record.

    Raises:
        InputError: The file is missing, is not text, or no line of it is a copy.
        ConfigError: A pack is malformed.
    """
    config, settings = config or CheckCopyConfig(), settings or Settings()
    name = "standard input" if str(path) == "-" else str(path)
    data = _read(path)
    given = {k: v for k in ("platform", "locale") if (v := getattr(config, k))}
    copies, bad = read_copies(data, name, given)
    copies, images = _measured(copies, bad, Path() if str(path) == "-" else path.parent)
    if not copies:
        raise bad_input(name, bad)
    engine = Engine.load(config.packs)
    source = (
        file_input("copy", path, COPY_SCHEMA, sha256(data).hexdigest())
        if str(path) != "-"
        else None
    )
    inputs = [*([source] if source else []), *_pack_inputs(config.packs), *images]
    with Run.start(settings.runs, VERB, config, inputs=inputs, overrides=overrides) as run:
        workers = min(settings.threads, usual_workers())
        checked = tuple(engine.check_all((copy for _, copy in copies), workers))
        sarif = to_sarif(
            checked, all_rules(engine.packs), uri=path.as_posix(), lines=[n for n, _ in copies]
        )
        run.write_stream("verdicts.jsonl", _jsonl(checked), VERDICTS_SCHEMA)
        run.write_text("findings.sarif", _compact(sarif) + "\n", "sarif/2.1.0")
        counts = Counter(c.verdict.value for c in checked)
        run.metrics = {
            "copies": len(checked),
            "bad_lines": len(bad),
            **{v.value: counts[v.value] for v in Verdict},
        }
    return CheckCopyResult(run, checked, bad, sarif)


def raise_findings(name: str, done: CheckCopyResult) -> None:
    """End as the result asks for.

    Raises:
        InputError: Some lines could not be read.
        Findings: Some copies break a rule.
    """
    if done.bad_lines:
        raise bad_input(name, done.bad_lines)
    if done.violations:
        raise Findings(
            f"{done.violations} of {len(done.copies)} copies break a rule.",
            hint="rmnctl check-copy --explain RULE says more about a rule.",
        )


def find_rule(engine: Engine, rule_id: str) -> tuple[Pack, Rule]:
    """A rule by its id.

    Raises:
        ConfigError: There is no such rule.
    """
    rules = all_rules(engine.packs)
    found = rules.get(rule_id.upper())
    if found is None:
        raise ConfigError(f"No rule is called that. {did_you_mean(rule_id.upper(), rules)}")
    return found


def rule_row(pack: Pack, rule: Rule) -> dict[str, Any]:
    """What a listing says about a rule."""
    return {
        "rule": rule.id,
        "pack": pack.pack,
        "title": rule.title,
        "platforms": list(rule.platforms or pack.platforms) or ["all"],
        "elements": list(rule.elements),
        "jurisdiction": list(rule.jurisdiction),
        "decided_by": rule.decided_by,
        "level": rule.level.value,
        "source": rule.source,
        "source_url": rule.source_url,
        "seen_on": rule.seen_on.isoformat(),
        "review_by": rule.review_by.isoformat(),
    }
