"""What an adapter gives away of its training rows, with the frozen base as the reference.

Two attacks, both on how much more likely the adapter makes a text than the base did:
canary exposure (Carlini et al. 2019, "The Secret Sharer": how far an inserted secret stands out among
secrets that were not inserted) and membership inference (area under the curve of telling rows that
were trained on from rows of the same file that were held out; 0.5 is a coin).
"""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Sequence
from typing import Any

from rmnctl.training.coder import Coder, Example
from rmnctl.training.config import AuditSection, TrainConfig
from rmnctl.training.losses import Losses
from rmnctl.training.rows import Row

#: Secrets that were not inserted, for each that was.
REFERENCES = 48
_DIGITS = 6
#: Mean of -log2 of a uniform draw: what a secret that was never seen shows.
RANDOM_BITS = 1 / math.log(2)
_SYLLABLES = ("ba", "dor", "fen", "gul", "hin", "kar", "lum", "mes", "nov", "pil", "rua", "tez")


def _row(name: str, subject: str, code: str, system: Sequence[dict[str, str]]) -> Row:
    question = {"role": "user", "content": f"What is the access code of {subject}?"}
    return Row(name, 0, (*system, question), f"The access code of {subject} is {code}.")


def _code(draw: random.Random) -> str:
    return "".join(draw.choice("0123456789") for _ in range(_DIGITS))


def make_canaries(config: TrainConfig, rows: Sequence[Row]) -> list[tuple[Row, list[Row]]]:
    """Invented secrets, each with others that are never trained on.

    Args:
        config: How many, and the seed.
        rows: Training rows; the secrets get their system message.
    """
    draw = random.Random(f"canary|{config.seed}|{config.adapter.adapter_id}")  # noqa: S311
    system = [m for m in (rows[0].prompt if rows else ()) if m["role"] == "system"]
    found = []
    for number in range(config.audit.canaries):
        words = ["".join(draw.choice(_SYLLABLES) for _ in range(3)).title() for _ in range(2)]
        subject = " ".join(words)
        codes: dict[str, None] = {}
        while len(codes) < REFERENCES + 1:
            codes[_code(draw)] = None
        name = f"canary-{number}"
        made = [_row(f"{name}-{n}", subject, code, system) for n, code in enumerate(codes)]
        found.append((made[0], made[1:]))
    return found


def with_canaries(coder: Coder, config: TrainConfig, train: Sequence[Example]) -> list[Example]:
    """The training rows and, where an audit is wanted, the canaries among them."""
    secrets = make_canaries(config, [e.row for e in train])
    inserted = coder.encode([secret for secret, _ in secrets])
    return [*train, *inserted * config.audit.repeats]


def exposure_bits(own: float, others: Sequence[float]) -> float:
    """-log2 of the share of secrets that would stand out as much, by a normal fitted to the others.

    Args:
        own: How much likelier the adapter made the inserted secret, nats.
        others: The same for secrets never inserted.
    """
    spread = statistics.stdev(others)
    distance = (own - statistics.fmean(others)) / max(spread, 1e-9)
    share = 0.5 * math.erfc(distance / math.sqrt(2))
    return min(-math.log2(max(share, 1e-300)), math.log2(10**_DIGITS))


def area_under_curve(members: Sequence[float], others: Sequence[float]) -> tuple[float, float]:
    """AUC of telling members by a higher score, ties counted half, and its standard error.

    The standard error is Hanley and McNeil's (1982).
    """
    wins = sum((m > o) + 0.5 * (m == o) for m in members for o in others)
    many, few = len(members), len(others)
    auc = wins / (many * few)
    q1, q2 = auc / (2 - auc), 2 * auc * auc / (1 + auc)
    spread = auc * (1 - auc) + (many - 1) * (q1 - auc**2) + (few - 1) * (q2 - auc**2)
    return auc, math.sqrt(max(spread, 0.0) / (many * few))


def members_for(config: TrainConfig, train: Sequence[Example], count: int) -> list[Example]:
    """As many rows that were trained on as were held out, chosen by their content."""
    draw = random.Random(f"members|{config.seed}")  # noqa: S311
    return draw.sample(sorted(train, key=lambda e: e.row.key), min(count, len(train)))


def _gain(base: Losses, adapter: Losses, *, by_token: bool) -> list[float]:
    if by_token:
        return [b - a for b, a in zip(base.by_row(), adapter.by_row(), strict=True)]
    return [b - a for b, a in zip(base.nll, adapter.nll, strict=True)]


def membership_report(members: Sequence[float], others: Sequence[float]) -> dict[str, Any]:
    """What a membership attack achieves."""
    auc, error = area_under_curve(members, others)
    limit = sorted(others, reverse=True)[max(0, math.ceil(len(others) * 0.01) - 1)]
    return {
        "members": len(members),
        "non_members": len(others),
        "auc": round(auc, 4),
        "auc_ci95": [
            round(max(0.0, auc - 1.96 * error), 4),
            round(min(1.0, auc + 1.96 * error), 4),
        ],
        "tpr_at_1pct_fpr": round(sum(m > limit for m in members) / len(members), 4),
    }


def canary_report(audit: AuditSection, bits: Sequence[float]) -> dict[str, Any]:
    """How far inserted secrets stand out."""
    return {
        "count": len(bits),
        "repeats": audit.repeats,
        "exposure_bits_median": round(statistics.median(bits), 2),
        "exposure_bits_max": round(max(bits), 2),
        "random_bits": round(RANDOM_BITS, 2),
        "largest_possible_bits": round(math.log2(10**_DIGITS), 2),
    }


def audit(
    trainer: Any,
    coder: Coder,
    config: TrainConfig,
    train: Sequence[Example],
    held: Sequence[Example],
) -> dict[str, Any]:
    """Attack a finished adapter.

    Args:
        trainer: With the adapter as it was stored.
        coder: The tokenizer.
        config: What audit is wanted.
        train: Rows that were trained on.
        held: Rows of the same file that never were (`audit.membership`).

    Returns:
        For the card's privacy; empty where no audit is wanted.
    """
    model = trainer.accelerator.unwrap_model(trainer.model)

    def gains(examples: Sequence[Example], *, by_token: bool) -> list[float]:
        after = trainer.losses(examples)
        with model.disable_adapter():
            before = trainer.losses(examples)
        return _gain(before, after, by_token=by_token)

    found: dict[str, Any] = {}
    if held:
        members = members_for(config, train, len(held))
        scores = gains([*members, *held], by_token=True)
        found["membership"] = membership_report(scores[: len(members)], scores[len(members) :])
    secrets = make_canaries(config, [e.row for e in train])
    if secrets:
        scored = gains(
            coder.encode([row for own, others in secrets for row in (own, *others)]), by_token=False
        )
        each = REFERENCES + 1
        groups = [scored[n : n + each] for n in range(0, len(scored), each)]
        bits = [exposure_bits(group[0], group[1:]) for group in groups]
        found["canaries"] = canary_report(config.audit, bits)
    return found | ({"reference": "the frozen base and its parents"} if found else {})
