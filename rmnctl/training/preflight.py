"""Everything that can be known to be wrong before a model is loaded.

The same look is taken by `--dry-run` and before each training. Faults end it; remarks do not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rmnctl.errors import Failure, RmnctlError
from rmnctl.federation import Adapter, AdapterType, Base, ensure_base
from rmnctl.federation.heavy import have
from rmnctl.federation.models import load_models
from rmnctl.training.checks import check_content, check_settings, check_split, check_tenant
from rmnctl.training.coder import Coder, Example
from rmnctl.training.config import Source
from rmnctl.training.estimate import Estimate, estimate
from rmnctl.training.faults import Fault
from rmnctl.training.parents import find_parents
from rmnctl.training.rows import Row, RowFile, read_rows
from rmnctl.training.split import Split, split_rows
from rmnctl.training.start import find_start

PREFLIGHT_SCHEMA = "rmnctl/preflight/v1"


@dataclass
class Preflight:
    """What was found.

    Attributes:
        source: The configuration and where it stands.
        faults: What must be mended.
        remarks: What is odd.
        base: The base, where it is there.
        coder: Its tokenizer.
        parents: The layers underneath.
        start: The adapter to go on from, if any.
        train: Examples to learn from.
        eval: Examples to be judged by.
        audit: Examples that are held out for the audit.
        size: Estimate of the training.
    """

    source: Source
    faults: list[Fault] = field(default_factory=list)
    remarks: list[Fault] = field(default_factory=list)
    base: Base | None = None
    coder: Coder | None = None
    parents: list[Adapter] = field(default_factory=list)
    start: Adapter | None = None
    train: list[Example] = field(default_factory=list)
    eval: list[Example] = field(default_factory=list)
    audit: list[Example] = field(default_factory=list)
    size: Estimate | None = None

    def ready(self) -> tuple[Base, Coder]:
        """Base and tokenizer, where the preflight found them.

        Raises:
            Failure: It did not; its faults say why.
        """
        if self.base is None or self.coder is None:
            raise Failure("The preflight found no usable base.")
        return self.base, self.coder

    def histogram(self) -> list[dict[str, int]]:
        """Conversations by length: `{upto, rows}`, eight classes up to max_length."""
        longest = self.source.config.optimiser.max_length
        width = max(1, -(-longest // 8))
        counts = Counter(min((e.length - 1) // width, 8) for e in (*self.train, *self.eval))
        found = [{"upto": (n + 1) * width, "rows": counts.get(n, 0)} for n in range(8)]
        over = counts.get(8, 0)
        return [*found, {"upto": -1, "rows": over}] if over else found

    def sample(self) -> dict[str, str] | None:
        """One example as the model sees it: what it reads, and what it learns to write."""
        if self.coder is None or not self.train:
            return None
        shown = min(self.train, key=lambda e: (e.length, e.row.line))
        return {
            "reads": self.coder.decode(shown.prompt),
            "learns": self.coder.decode(shown.answer),
        }

    def plain(self) -> dict[str, Any]:
        """JSON-ready; holds no text of the data."""
        every = [*self.train, *self.eval]
        longest = self.source.config.optimiser.max_length
        learned = sum(len(e.answer) for e in self.train)
        return {
            "schema": PREFLIGHT_SCHEMA,
            "rows": {"train": len(self.train), "eval": len(self.eval), "audit": len(self.audit)},
            "lengths": self.histogram(),
            "longest": max((e.length for e in every), default=0),
            "truncated": sum(e.length > longest for e in every),
            "learned_share": round(learned / max(1, sum(e.length for e in self.train)), 4),
            "stop_token_in_loss": self.coder is not None and self.coder.stop is not None,
            "base": {"name": self.base.name, "sha256": self.base.sha256} if self.base else None,
            "parents": [{"adapter_id": p.id, "sha256": p.digest} for p in self.parents],
            "start": self.start.digest if self.start else None,
            "estimate": self.size.plain() if self.size else None,
            "faults": [f.plain() for f in self.faults],
            "remarks": [f.plain() for f in self.remarks],
        }


def preflight(source: Source, cache: Path | None = None) -> Preflight:
    """Look at everything.

    Args:
        source: The configuration and where it stands.
        cache: Folder of pulled base models; the user's cache where None.

    Raises:
        Failure: The extra `llm` is not installed.
    """
    found = Preflight(source)
    _open_base(found, cache)
    files = _open_data(found)
    if files is None:
        return found
    train, held = files
    config = source.config
    split = split_rows(
        train.rows,
        held.rows if held else None,
        config.data.eval_share,
        config.audit.membership,
        config.seed,
    )
    found.faults += check_split(source, train, held, split)
    for file in (train, *([held] if held else [])):
        found.faults += check_tenant(config, file)
    if found.base is None or found.coder is None:
        return found
    try:
        _encode(found, split, train, held)
    except RmnctlError as error:
        found.faults.append(Fault("TEMPLATE", train.path, None, error.message))
        return found
    unaudited = not (config.audit.canaries and config.audit.membership)
    if config.adapter.adapter_type is AdapterType.MANUFACTURER and unaudited:
        line, what = source.line("audit"), "a brand's adapter is trained without a whole audit"
        message = f"{what}; set audit.canaries and audit.membership"
        found.remarks.append(Fault("NO_AUDIT", source.path, line, message, config=True))
    found.size = estimate(config, found.base.shapes(), found.train)
    return found


def _open_base(found: Preflight, cache: Path | None) -> None:
    source, config = found.source, found.source.config
    try:
        found.base = base = ensure_base(load_models(config.models), config.base, cache=cache)
    except RmnctlError as error:
        line = source.line("base") if config.base else source.line("models")
        found.faults.append(Fault("BAD_BASE", source.path, line, error.message, config=True))
        return
    found.coder = Coder(base)
    found.faults += check_settings(source, base, found.coder, have("bitsandbytes"))
    found.parents, faults = find_parents(source, base)
    found.faults += faults
    found.start, faults = find_start(source, base, found.parents)
    found.faults += faults


def _open_data(found: Preflight) -> tuple[RowFile, RowFile | None] | None:
    """The files of rows; None where one cannot be opened at all."""
    source, config = found.source, found.source.config
    files: list[RowFile] = []
    paths = [("train", config.data.train)]
    if config.data.eval is not None:
        paths.append(("eval", config.data.eval))
    for key, path in paths:
        try:
            files.append(read_rows(path, config.method))
        except RmnctlError as error:
            line = source.line("data", key)
            found.faults.append(Fault("NO_FILE", source.path, line, f"data.{key}: {error.message}"))
    for file in files:
        found.faults += file.faults
        found.remarks += file.remarks
    if len(files) != len(paths):
        return None
    return files[0], files[1] if len(files) > 1 else None


def _encode(found: Preflight, split: Split, train: RowFile, held: RowFile | None) -> None:
    coder, config = found.coder, found.source.config
    if coder is None:
        return

    def code(rows: Sequence[Row], path: Path) -> list[Example]:
        examples = coder.encode(rows)
        faults, remarks = check_content(coder, examples, path, config.optimiser.max_length)
        found.faults += faults
        found.remarks += remarks
        return examples

    found.train = code(split.train, train.path)
    found.eval = code(split.eval, (held or train).path)
    found.audit = code(split.audit, train.path)
