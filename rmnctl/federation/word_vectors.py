"""What a base model knows of single words, as vectors that a small reader can start from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from rmnctl.federation.base import Base
from rmnctl.federation.heavy import need

#: Values of each word that are kept of the embedding, and of the layer.
WIDTH = 64
#: Which layer's output says what a word means by itself: late enough to have gathered its senses, early
#: enough not to guess the next word yet (docs/compliance.md).
LAYER = 8
_BATCH = 256
_HEAD = re.compile(r"Ġ[a-z][a-z']*", re.IGNORECASE)
_TAIL = re.compile(r"[a-z]+")


@dataclass(frozen=True)
class KnownWords:
    """Words and pieces of words of a base's tokenizer, in plain lower case.

    Attributes:
        heads: Words, and pieces that a word may begin with.
        tails: Pieces within a word.
        vectors: A row for each head, then for each tail: [rows, 2 * WIDTH]. The first half says how it is
            embedded, the second what the layer makes of it; of a tail alone the layer knows nothing.
    """

    heads: tuple[str, ...]
    tails: tuple[str, ...]
    vectors: np.ndarray


def known_words(base: Base) -> KnownWords:
    """The words that a base's tokenizer holds whole, with their vectors.

    Args:
        base: A causal model whose tokenizer marks the start of a word by `Ġ`.

    Raises:
        Failure: The extra `llm` is not installed.
    """
    transformers, torch = need("transformers"), need("torch")
    where = {"pretrained_model_name_or_path": str(base.folder), "local_files_only": True}
    tokenizer = transformers.PreTrainedTokenizerFast.from_pretrained(**where)
    model = transformers.AutoModel.from_pretrained(**where, dtype=torch.float32).eval()
    vocabulary = tokenizer.get_vocab()
    # Of "The" and "the" the latter counts: it sorts last.
    heads = {t[1:].lower(): n for t, n in sorted(vocabulary.items()) if _HEAD.fullmatch(t)}
    tails = {t: n for t, n in sorted(vocabulary.items()) if _TAIL.fullmatch(t)}
    embedded = model.get_input_embeddings().weight.detach().numpy()
    first, axes, middle, size = _principal(embedded[list(heads.values())])
    within = (embedded[list(tails.values())] - middle) @ axes / size
    meant, *_ = _principal(_meanings(torch, model, tokenizer.bos_token_id, list(heads.values())))
    rows = [np.hstack([first, meant]), np.hstack([within, np.zeros_like(within)])]
    return KnownWords(tuple(heads), tuple(tails), np.vstack(rows).astype(np.float32))


def _meanings(torch: Any, model: Any, start: int, tokens: list[int]) -> np.ndarray:
    """What the layer makes of each token at the start of a text: [tokens, hidden]."""
    found = []
    with torch.no_grad():
        for at in range(0, len(tokens), _BATCH):
            ids = torch.tensor([[start, token] for token in tokens[at : at + _BATCH]])
            layers = model(input_ids=ids, output_hidden_states=True).hidden_states
            found.append(layers[LAYER][:, 1].numpy())
    return np.vstack(found)


def _principal(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Rows on their principal axes, with the axes, the middle and the size that were taken off."""
    middle = rows.mean(axis=0)
    centred = rows - middle
    _, axes = np.linalg.eigh(centred.T @ centred)
    axes = axes[:, ::-1][:, :WIDTH]
    turned = centred @ axes
    size = float(turned.std())
    return turned / size, axes, middle, size
