"""`rmnctl propose-mapping`: a draft mapping for a report nobody has mapped."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rmnctl.harmonization.dates import guess_formats
from rmnctl.harmonization.mapping import MAPPING_SCHEMA
from rmnctl.harmonization.matcher import Chooser, Column, Proposal, propose
from rmnctl.harmonization.reading import open_report
from rmnctl.harmonization.reading.raw import sample

_HEADER = (
    "# Proposed by rmnctl propose-mapping; nobody has accepted it yet.\n"
    "# Check every field against `notes`, complete constants and attribution, list the rest\n"
    "# under `ignore`, and set status: accepted.\n"
)


@dataclass(frozen=True)
class MappingProposal:
    """A draft.

    Attributes:
        columns: For every source column: source, field or None, confidence, alternates, evidence.
        yaml: The draft as mapping YAML with `status: proposed`.
    """

    columns: list[dict[str, Any]]
    yaml: str

    def plain(self) -> dict[str, Any]:
        """The JSON form."""
        return {"columns": self.columns, "yaml": self.yaml}


def _plain(proposal: Proposal) -> dict[str, Any]:
    return {
        "source": proposal.source,
        "field": proposal.field,
        "confidence": round(proposal.confidence, 4),
        "alternates": [
            {"field": a.field, "confidence": round(a.confidence, 4)} for a in proposal.alternates
        ],
        "evidence": list(proposal.evidence),
    }


def _draft(
    path: Path, columns: list[Column], proposals: tuple[Proposal, ...], mapping_id: str | None
) -> str:
    fields: dict[str, Any] = {}
    notes: dict[str, Any] = {}
    for column, proposal in zip(columns, proposals, strict=True):
        if proposal.field is None:
            continue
        entry: dict[str, Any] = {"from": proposal.source}
        if proposal.field == "date":
            entry["parse"] = guess_formats(column.values)
        fields[proposal.field] = entry
        notes[proposal.field] = {
            "confidence": round(proposal.confidence, 4),
            "evidence": list(proposal.evidence),
            "alternatives": [a.field for a in proposal.alternates],
        }
    stem = re.sub(r"[^a-z0-9]+", "_", path.name.split(".")[0].lower()).strip("_") or "report"
    draft = {
        "schema": MAPPING_SCHEMA,
        "id": mapping_id or f"proposed.{stem}",
        "version": 1,
        "status": "proposed",
        "title": path.name,
        "fields": fields,
        "ignore": [p.source for p in proposals if p.field is None],
        "notes": notes,
    }
    return _HEADER + yaml.safe_dump(draft, sort_keys=False, allow_unicode=True)


def propose_mapping(
    path: Path,
    *,
    rows: int = 2000,
    mapping_id: str | None = None,
    chooser: Chooser | None = None,
) -> MappingProposal:
    """Propose which column is which RMIS field.

    Args:
        path: The report.
        rows: How many rows to look at.
        mapping_id: Id for the draft.
        chooser: Asked about what the matcher leaves open.

    Raises:
        InputError: The file is not a report.
    """
    report = open_report(path)
    records = sample(report, rows)
    columns = [
        Column(name=name, values=tuple(record[i] for record in records))
        for i, name in enumerate(report.header)
    ]
    proposals = propose(columns, chooser)
    return MappingProposal(
        [_plain(p) for p in proposals], _draft(path, columns, proposals, mapping_id)
    )
