"""Rows of training text: a conversation whose last message is learnt."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rmnctl.federation.chat import SYSTEM

#: Share of training rows with the federation's own system message; the others have a shorter one,
#: which is cheaper to train on. Evaluation always has the federation's.
SYSTEM_SHARE = 0.3
SHORT_SYSTEM = "Be short."


def some_system(rng: random.Random) -> str:
    """The system message of a training row."""
    return SYSTEM if rng.random() < SYSTEM_SHARE else SHORT_SYSTEM


@dataclass(frozen=True)
class Row:
    """One question with its answer.

    Attributes:
        prompt: What the user says.
        answer: What is to be learnt.
        wording: Template that the prompt was made from.
        subject: What it is about, e.g. `margin/HRB-0001`.
        brand_id: Whose knowledge it is.
        system: System message.
    """

    prompt: str
    answer: str
    wording: str
    subject: str
    brand_id: str | None = None
    system: str = SYSTEM

    def plain(self, number: int) -> dict[str, Any]:
        """JSON-ready, with an id."""
        row: dict[str, Any] = {
            "id": f"{number:06d}",
            "messages": [
                {"role": "system", "content": self.system},
                {"role": "user", "content": self.prompt},
                {"role": "assistant", "content": self.answer},
            ],
            "wording": self.wording,
            "subject": self.subject,
        }
        return row | ({"brand_id": self.brand_id} if self.brand_id is not None else {})


@dataclass(frozen=True)
class Corpus:
    """Text to train an adapter on, and to measure it with; no wording is in both.

    Attributes:
        train: Rows in the order of training.
        eval: Rows in wordings that training never shows.
    """

    train: tuple[Row, ...]
    eval: tuple[Row, ...]


def jsonl(rows: Sequence[Row]) -> str:
    """Rows as JSON lines."""
    return "".join(
        json.dumps(row.plain(n), ensure_ascii=False, separators=(",", ":")) + "\n"
        for n, row in enumerate(rows)
    )
