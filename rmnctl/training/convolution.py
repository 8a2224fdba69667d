"""Training a convolution over vectors of words: a few minutes on a processor, no language model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rmnctl.federation.heavy import need

#: Words that the filters of each group look at.
WIDTHS = (1, 2, 3)
FILTERS = 64
EPOCHS = 10
_BATCH = 64
_RATE = 1e-3
_DROPPED_WORDS, _DROPPED_ANSWERS = 0.2, 0.5


@dataclass(frozen=True)
class Convolution:
    """A trained convolution, as `rmnctl.compliance.claims.Network` holds it.

    Attributes:
        vectors: Of each row of words: [rows, width].
        filters: By word of each group in turn: [sum of WIDTHS, width, FILTERS].
        biases: Of each filter: [groups, FILTERS].
        weights: What its strongest answer counts: [groups, FILTERS].
        bias: Log-odds of a text without any answer.
    """

    vectors: np.ndarray
    filters: np.ndarray
    biases: np.ndarray
    weights: np.ndarray
    bias: float


def fit_convolution(
    texts: Sequence[Sequence[int]],
    truth: Sequence[bool],
    heavy: Sequence[float],
    vectors: np.ndarray,
    free: np.ndarray,
    *,
    epochs: int = EPOCHS,
    seed: int = 0,
    note: Callable[[str], None] | None = None,
) -> Convolution:
    """Train a convolution that tells texts apart.

    Args:
        texts: Rows of `vectors` of each text's words, in order; row 0 stands for no word.
        truth: Whether each is of the kind that is looked for.
        heavy: What each counts in the loss.
        vectors: Vectors to start from: [rows, width]; row 0 is zero.
        free: Which rows may be learnt: [rows], true or false.
        epochs: How often all texts are read.
        seed: Of weights, order and what is dropped.
        note: Is told the loss of every epoch.

    Raises:
        Failure: The extra `llm` is not installed.
    """
    torch = need("torch")
    torch.manual_seed(seed)
    net = _network(torch, vectors, free)
    optimizer = torch.optim.Adam(net.parameters(), lr=_RATE)
    turns = epochs * -(-len(texts) // _BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=turns)
    sides = torch.tensor(np.asarray(truth, np.float32))
    weights = torch.tensor(np.asarray(heavy, np.float32) / np.mean(heavy))
    order = np.random.default_rng(seed)
    for epoch in range(epochs):
        total, places = 0.0, order.permutation(len(texts))
        for at in range(0, len(texts), _BATCH):
            some = places[at : at + _BATCH]
            said = net(_padded(torch, [texts[n] for n in some]))
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                said, sides[some], weights[some]
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += float(loss.detach()) * len(some)
        if note is not None:
            note(f"epoch {epoch + 1} of {epochs}: loss {total / len(texts):.3f}")
    found: Convolution = net.trained()
    return found


def _padded(torch: Any, texts: Sequence[Sequence[int]]) -> Any:
    longest = max(*map(len, texts), *WIDTHS)
    return torch.tensor([[*text, *[0] * (longest - len(text))] for text in texts])


def _network(torch: Any, vectors: np.ndarray, free: np.ndarray) -> Any:
    """The network, made here since torch is loaded only where it is needed."""
    nn = torch.nn

    class Net(nn.Module):  # type: ignore[misc, name-defined, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            start = torch.tensor(np.asarray(vectors, np.float32))
            self.words = nn.Embedding.from_pretrained(start, freeze=False, padding_idx=0)
            mask = torch.tensor(np.asarray(free, np.float32)[:, None])
            self.words.weight.register_hook(lambda slope: slope * mask)
            width = vectors.shape[1]
            self.groups = nn.ModuleList(
                nn.Conv1d(width, FILTERS, size, padding=size // 2) for size in WIDTHS
            )
            self.total = nn.Linear(FILTERS * len(WIDTHS), 1)
            self.forget_words = nn.Dropout(_DROPPED_WORDS)
            self.forget_answers = nn.Dropout(_DROPPED_ANSWERS)

        def forward(self, rows: Any) -> Any:
            said = self.forget_words(self.words(rows)).transpose(1, 2)
            nothing = (rows == 0)[:, None]
            heard = []
            for group in self.groups:
                answers = torch.relu(group(said))[:, :, : rows.shape[1]]
                heard.append(answers.masked_fill(nothing, 0.0).max(2).values)
            return self.total(self.forget_answers(torch.cat(heard, 1)))[:, 0]

        def trained(self) -> Convolution:
            filters = [g.weight.detach().permute(2, 1, 0).numpy() for g in self.groups]
            return Convolution(
                vectors=self.words.weight.detach().numpy(),
                filters=np.concatenate(filters),
                biases=np.stack([g.bias.detach().numpy() for g in self.groups]),
                weights=self.total.weight.detach().numpy().reshape(len(WIDTHS), FILTERS),
                bias=float(self.total.bias.detach()),
            )

    return Net()
