"""`rmnctl adapters corpus`: training text from committed generators."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rmnctl.tables import sha256_file, write_bytes
from rmnctl.workflows.corpora import Row, Sources, build_corpus, jsonl

#: Rows to watch while training; measuring all of them again and again would cost more than steps.
CHECKED = 48


@dataclass(frozen=True)
class WrittenCorpus:
    """A corpus on disk.

    Attributes:
        folder: Where the files lie: `train.jsonl`, `eval.jsonl`, and `check.jsonl`, a few rows
            of `eval.jsonl` to watch while training.
        rows: Number of rows by file name.
        sha256: Digest by file name.
    """

    folder: Path
    rows: dict[str, int]
    sha256: dict[str, str]


def adapters_corpus(
    adapter_id: str, folder: Path | None = None, sources: Sources | None = None
) -> WrittenCorpus:
    """Write the text that an adapter is trained on and measured by; the same bytes every time.

    Args:
        adapter_id: Whose.
        folder: Where to; by default `data/training/<adapter_id>`.
        sources: What the generators read.

    Raises:
        ConfigError: No generator has that name.
        InputError: A source lacks what the adapter is about.
    """
    corpus = build_corpus(adapter_id, sources)
    folder = folder or Path("data/training") / adapter_id
    folder.mkdir(parents=True, exist_ok=True)
    parts = {
        "train.jsonl": corpus.train,
        "eval.jsonl": corpus.eval,
        "check.jsonl": _some(corpus.eval),
    }
    for name, rows in parts.items():
        write_bytes(folder / name, jsonl(rows).encode())
    return WrittenCorpus(
        folder,
        {name: len(rows) for name, rows in parts.items()},
        {name: sha256_file(folder / name) for name in parts},
    )


def _some(rows: Sequence[Row]) -> list[Row]:
    rng = random.Random(0)  # noqa: S311 - a sample, no secret
    return rng.sample(rows, min(CHECKED, len(rows)))
