"""Held-out loss, exactly: negative log-likelihood by row, over the tokens of the answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rmnctl.federation.heavy import need
from rmnctl.training.coder import Example

#: Scores of so many positions are held at a time.
_POSITIONS = 1024


@dataclass(frozen=True)
class Losses:
    """Losses of rows.

    Attributes:
        nll: Sum over the tokens of each answer, nats, in the order of the rows.
        tokens: How many tokens each answer has.
    """

    nll: tuple[float, ...]
    tokens: tuple[int, ...]

    @property
    def mean(self) -> float:
        """Nats a token."""
        return sum(self.nll) / max(1, sum(self.tokens))

    def by_row(self) -> list[float]:
        """Nats a token, by row."""
        return [n / t for n, t in zip(self.nll, self.tokens, strict=True)]


def _batches(examples: Sequence[Example], size: int) -> Iterator[list[int]]:
    """Row numbers in batches of like length that hold few positions of answers."""
    order = sorted(range(len(examples)), key=lambda i: (examples[i].length, i))
    batch: list[int] = []
    for index in order:
        spans = [examples[i] for i in (*batch, index)]
        first = min(len(e.prompt) for e in spans)
        last = max(len(e.prompt) + len(e.answer) for e in spans)
        if batch and (len(batch) >= size or (last - first) * len(spans) > _POSITIONS):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def row_losses(
    model: Any, examples: Sequence[Example], size: int, *, share: tuple[int, int] = (0, 1)
) -> Losses:
    """Score rows.

    Args:
        model: Any causal language model; its mode is put back.
        examples: What to score.
        size: Rows at a time.
        share: Which part of the batches, of how many: for several processes, which must then add
            their results up (rows of other parts are 0).
    """
    torch = need("torch")
    training, device = model.training, next(model.parameters()).device
    nll = [0.0] * len(examples)
    model.eval()
    with torch.no_grad():
        for number, batch in enumerate(_batches(examples, size)):
            if number % share[1] != share[0]:
                continue
            rows = [examples[i] for i in batch]
            width = max(len(e.ids) for e in rows)
            first = min(len(e.prompt) for e in rows) - 1
            # Filled on the right: with causal attention what follows changes nothing before.
            ids = torch.tensor([[*e.ids, *[0] * (width - len(e.ids))] for e in rows])
            goal = torch.tensor([[*e.labels, *[-100] * (width - len(e.ids))] for e in rows])
            keep = torch.arange(first, width - 1, device=device)
            logits = model(
                input_ids=ids.to(device), logits_to_keep=keep, use_cache=False
            ).logits.float()
            each = torch.nn.functional.cross_entropy(
                logits.transpose(1, 2), goal[:, first + 1 :].to(device), reduction="none"
            )
            for i, total in zip(batch, each.double().sum(1).tolist(), strict=True):
                nll[i] = total
    model.train(training)
    return Losses(tuple(nll), tuple(len(e.answer) for e in examples))
