"""Findings as SARIF 2.1.0, the form in which code hosts show results of checks.

Places are lines of the input file; offsets within the copy stand in `properties`, because the
copy is a JSON text inside that line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rmnctl import __version__
from rmnctl.compliance.notices import NOTICES
from rmnctl.compliance.pack import Level, Pack, Rule
from rmnctl.compliance.verdict import Checked

_LEVELS = {Level.ERROR: "error", Level.NEEDS_FACTS: "warning", Level.NEEDS_REVIEW: "note"}
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def _descriptor(pack: Pack, rule: Rule) -> dict[str, Any]:
    link = rule.source_url if rule.source_url.startswith("http") else f"https://{rule.source_url}"
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.message},
        "helpUri": link.split()[0],
        "defaultConfiguration": {"level": _LEVELS[rule.level]},
        "properties": {
            "pack": pack.pack,
            "jurisdiction": list(rule.jurisdiction),
            "seen_on": rule.seen_on.isoformat(),
            "review_by": rule.review_by.isoformat(),
        },
    }


def to_sarif(
    checked: Sequence[Checked],
    rules: Mapping[str, tuple[Pack, Rule]],
    *,
    uri: str,
    lines: Sequence[int],
) -> dict[str, Any]:
    """One SARIF log.

    Args:
        checked: The copies.
        rules: Every rule by id.
        uri: Name of the input file, relative to the repository.
        lines: Line of each copy in that file, counted from 1.
    """
    used = sorted({f.rule for c in checked for f in c.findings})
    descriptors = [
        _descriptor(*rules[name])
        if name in rules
        else {"id": name, "shortDescription": {"text": NOTICES[name]}}
        for name in used
    ]
    results = [
        {
            "ruleId": finding.rule,
            "ruleIndex": used.index(finding.rule),
            "level": _LEVELS[finding.level],
            "message": {
                "text": finding.message + (f" {finding.suggest}" if finding.suggest else "")
            },
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": uri},
                        "region": {"startLine": line},
                    },
                    "logicalLocations": [{"name": str(one.id), "kind": "member"}],
                }
            ],
            "properties": {"verdict": one.verdict.value, "span": list(finding.span)},
        }
        for one, line in zip(checked, lines, strict=True)
        for finding in one.findings
    ]
    driver = {
        "name": "rmnctl check-copy",
        "version": __version__,
        "rules": descriptors,
    }
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
        ],
    }
