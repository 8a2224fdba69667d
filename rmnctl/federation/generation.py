"""Generation for a batch of prompts, greedy unless a row asks to sample.

What prompts begin with alike is read once. Then every step takes a chunk a row: the rest of the
prompt first, later one token, with those that a grammar forces after it. Chunks are padded on the
left, and finished rows leave the batch, so that a short answer does not wait for a long one. Greedy
decoding is deterministic for a given batch; a row that samples draws from a generator of its own.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from rmnctl.federation.engine import Sampling
from rmnctl.federation.grammar import Constraint, Matcher, Vocabulary

#: In its last quarter of tokens a constrained answer is brought to its end.
CLOSING_SHARE = 4
#: Prompts with so many tokens in common have them read once for all.
MIN_SHARED = 16


@dataclass(frozen=True)
class Prompt:
    """One row to be continued.

    Attributes:
        tokens: Of the prompt.
        max_new_tokens: Longest answer.
        constraint: What the answer must look like, if anything.
        sampling: None: the likeliest token, always.
    """

    tokens: tuple[int, ...]
    max_new_tokens: int
    constraint: Constraint | None = None
    sampling: Sampling | None = None


@dataclass
class Continuation:
    """One row continued.

    Attributes:
        tokens: Of the answer, without the stop token.
        finish: `stop`; `length` where it was cut; `closed` where a constrained answer was brought
            to its end because room ran out: valid, but not what the model would have said.
        masked_s: Seconds spent in the grammar.
        surprises: Of each token that was chosen under a grammar, how unlikely the model held it
            before the grammar had its say, nats; those that the grammar forces are left out.
    """

    tokens: list[int] = field(default_factory=list)
    finish: str = "length"
    masked_s: float = 0.0
    surprises: list[float] = field(default_factory=list)

    @property
    def surprise(self) -> float | None:
        """Mean over tokens, nats; None where no grammar chose any."""
        return sum(self.surprises) / len(self.surprises) if self.surprises else None


@dataclass
class Timing:
    """Where a batch spent its time.

    Attributes:
        prefill_s: Reading the prompts.
        decode_s: Writing the answers.
        steps: Forward passes after the first.
    """

    prefill_s: float = 0.0
    decode_s: float = 0.0
    steps: int = 0


@dataclass
class _Row:
    prompt: Prompt
    out: Continuation
    matcher: Matcher | None
    draws: torch.Generator | None = None
    cut: bool = False

    @property
    def left(self) -> int:
        return self.prompt.max_new_tokens - len(self.out.tokens)

    def choose(self, logits: torch.Tensor) -> int:
        """The token to take among those allowed; near the end, one that closes the answer."""
        if self.matcher is None:
            return self._pick(logits)
        started = time.perf_counter()
        total = float(logits.logsumexp(-1))
        allowed = self.matcher.allowed()
        banned = torch.from_numpy(~allowed).to(logits.device)
        token = self._pick(logits.masked_fill_(banned, float("-inf")))
        if self.left <= self.prompt.max_new_tokens // CLOSING_SHARE:
            closing = self.matcher.closing(allowed)
            if closing is not None and closing != token:
                token, self.cut = closing, True
        self.out.surprises.append(total - float(logits[token]))
        self.out.masked_s += time.perf_counter() - started
        return token

    def _pick(self, logits: torch.Tensor) -> int:
        """The likeliest token, or one drawn."""
        sampling = self.prompt.sampling
        if sampling is None or self.draws is None:
            return int(logits.argmax())
        # In float64 on the CPU, so that a draw does not depend on the device's own generator.
        scaled = logits.double().cpu() / sampling.temperature
        return int(torch.multinomial(scaled.softmax(-1), 1, generator=self.draws))

    def take(self, token: int, stops: frozenset[int]) -> list[int]:
        """Add a token and those that the grammar forces after it; none of them if done."""
        done = token in stops
        added = [] if done else [token]
        if not done and self.matcher is not None:
            started = time.perf_counter()
            self.matcher.take([token])
            added += self.matcher.forced()[: self.left - 1]
            self.matcher.take(added[1:])
            done = self.matcher.finished
            self.out.masked_s += time.perf_counter() - started
        self.out.tokens += added
        if done:
            self.out.finish = "closed" if self.cut else "stop"
        return [] if done or self.left <= 0 else added


def _row(prompt: Prompt, vocabulary: Vocabulary | None) -> _Row:
    wanted = prompt.constraint
    matcher = vocabulary.matcher(wanted) if vocabulary is not None and wanted is not None else None
    draws = None
    if prompt.sampling is not None:
        draws = torch.Generator().manual_seed(prompt.sampling.seed)
    return _Row(prompt, Continuation(), matcher, draws)


def generate(
    model: Any,
    prompts: Sequence[Prompt],
    *,
    stops: frozenset[int],
    vocabulary: Vocabulary | None = None,
) -> tuple[list[Continuation], Timing]:
    """Continue prompts.

    Args:
        model: A causal language model of transformers, in evaluation mode.
        prompts: The batch; a constrained one needs `vocabulary`.
        stops: Tokens that end an answer.
        vocabulary: The tokenizer as the grammar sees it.

    Returns:
        One continuation for each prompt, and where time went.
    """
    rows = [_row(p, vocabulary) for p in prompts]
    device = next(model.parameters()).device
    timing, active = Timing(), list(range(len(rows)))
    started = time.perf_counter()
    cache, read = _begin(model, prompts, device)
    chunks = [list(p.tokens[read:]) for p in prompts]
    mask = torch.ones(len(prompts), read, dtype=torch.long, device=device)
    while True:
        ids, fresh = _padded(chunks, device)
        positions = (mask.sum(-1, keepdim=True) + fresh.cumsum(-1) - 1).clamp(min=0)
        mask = torch.cat([mask, fresh], dim=1)
        logits = model(
            input_ids=ids,
            attention_mask=mask,
            position_ids=positions,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        ).logits[:, -1]
        if timing.steps == 0:
            timing.prefill_s = time.perf_counter() - started
        tokens = _next_tokens(logits, [rows[i] for i in active])
        found = [rows[i].take(t, stops) for i, t in zip(active, tokens, strict=True)]
        keep = [n for n, chunk in enumerate(found) if chunk]
        if not keep:
            break
        if len(keep) < len(active):
            index = torch.tensor(keep, device=device)
            cache.batch_select_indices(index)
            mask = mask[index]
            active = [active[n] for n in keep]
        chunks = [found[n] for n in keep]
        timing.steps += 1
    timing.decode_s = time.perf_counter() - started - timing.prefill_s
    return [row.out for row in rows], timing


def _begin(model: Any, prompts: Sequence[Prompt], device: torch.device) -> tuple[Any, int]:
    """A cache that holds what all prompts begin with, and how many tokens that is."""
    from transformers import DynamicCache

    cache = DynamicCache(config=model.config)
    shared = _shared(prompts)
    if shared:
        ids = torch.tensor([shared], device=device)
        model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
        cache.batch_repeat_interleave(len(prompts))
    return cache, len(shared)


def _shared(prompts: Sequence[Prompt]) -> list[int]:
    """What all prompts begin with, where it is worth reading only once; never a whole prompt."""
    if len(prompts) == 1:
        return []
    same = 0
    for column in zip(*(p.tokens[:-1] for p in prompts), strict=False):
        if len(set(column)) > 1:
            break
        same += 1
    return list(prompts[0].tokens[:same]) if same >= MIN_SHARED else []


def _padded(
    chunks: Sequence[Sequence[int]], device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Tokens filled on the left, and where they are tokens: (rows, longest chunk) each."""
    width = max(map(len, chunks))
    # What fills is masked everywhere, so that any token will do.
    ids = [[0] * (width - len(c)) + list(c) for c in chunks]
    mask = [[0] * (width - len(c)) + [1] * len(c) for c in chunks]
    return torch.tensor(ids, device=device), torch.tensor(mask, device=device)


def _next_tokens(logits: torch.Tensor, rows: Sequence[_Row]) -> list[int]:
    if all(row.matcher is None and row.draws is None for row in rows):
        return list(map(int, logits.argmax(-1).tolist()))
    return [row.choose(one) for row, one in zip(rows, logits, strict=True)]
