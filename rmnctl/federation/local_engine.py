"""The base model in this process, on the CPU or a GPU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rmnctl.errors import ConfigError, InputError
from rmnctl.federation.base import Base
from rmnctl.federation.chat import render
from rmnctl.federation.composition import Composition, Recipe, compose
from rmnctl.federation.config import LocalBackend
from rmnctl.federation.engine import Answer, Ask
from rmnctl.federation.generation import Prompt, generate
from rmnctl.federation.grammar import Vocabulary
from rmnctl.federation.heavy import need
from rmnctl.federation.layers import AdaptedModel


class LocalEngine:
    """Loads the base once; every answer runs under exactly one composition."""

    def __init__(self, base: Base, config: LocalBackend) -> None:
        """Load a base model.

        Args:
            base: Ready on this machine.
            config: Device, type, batch size, threads.

        Raises:
            ConfigError: There is no such device.
            InputError: The base's files cannot be loaded.
        """
        torch, transformers = need("torch"), need("transformers")
        if config.threads is not None:
            torch.set_num_threads(config.threads)
        self._torch = torch
        self.batch_size = config.batch_size
        self._name = base.name
        self.device = _device(torch, config.device)
        self.dtype = getattr(torch, config.dtype or base.config.dtype)
        where = str(base.folder)
        try:
            self.tokenizer = transformers.AutoTokenizer.from_pretrained(
                where, local_files_only=True
            )
            model = transformers.AutoModelForCausalLM.from_pretrained(
                where, dtype=self.dtype, local_files_only=True
            )
        except (OSError, ValueError, KeyError) as error:
            raise InputError(
                f"Base model {base.name} in {where} cannot be loaded: {type(error).__name__}.",
                hint=f"Delete that folder and run `rmnctl models pull {base.name}`.",
            ) from error
        self.adapted = AdaptedModel(model.to(self.device))
        self._config = model.config
        self._stops = _stops(model, self.tokenizer)
        self._vocabulary: Vocabulary | None = None

    @property
    def placement(self) -> str:
        """Type and device of composed tensors."""
        return f"{self.dtype}@{self.device}"

    @property
    def context(self) -> int:
        """Longest conversation with its answer, tokens."""
        return int(self._config.max_position_embeddings)

    @property
    def vocabulary(self) -> Vocabulary:
        """The tokenizer as grammars see it; built when first needed."""
        if self._vocabulary is None:
            size = int(self._config.vocab_size)
            self._vocabulary = Vocabulary(self.tokenizer, size, self.stop)
        return self._vocabulary

    def make(self, recipe: Recipe) -> Composition:
        """Read and stack adapters; fold them into copies of the base's weights if asked to."""
        modules = {m for a in recipe.adapters for m in a.modules}
        weights = {m: self.adapted.weight(m) for m in modules}
        with self._torch.inference_mode():
            return compose(recipe, dtype=self.dtype, device=self.device, base_weights=weights)

    @property
    def stop(self) -> int:
        """The token that ends an answer."""
        return min(self._stops)

    def encode(self, text: str) -> tuple[int, ...]:
        """A text as tokens, without any that begin or end it."""
        return tuple(self.tokenizer.encode(text, add_special_tokens=False))

    def tokens(self, ask: Ask) -> tuple[int, ...]:
        """A conversation as tokens.

        Raises:
            InputError: It does not fit the model's context together with its answer.
        """
        text = render(self.tokenizer, ask.messages)
        found = self.encode(text)
        if len(found) + ask.max_new_tokens > self.context:
            raise InputError(
                f"The prompt has {len(found)} tokens; {self._name} takes {self.context} "
                f"with the {ask.max_new_tokens} of the answer.",
                hint="Shorten the prompt, or lower max_new_tokens.",
            )
        return found

    def answer(self, composition: Composition | None, asks: Sequence[Ask]) -> list[Answer]:
        """Continue conversations in batches of rows of like length, in the order given."""
        prompts = [Prompt(self.tokens(a), a.max_new_tokens, a.constraint, a.sampling) for a in asks]
        order = sorted(range(len(asks)), key=lambda i: (len(prompts[i].tokens), i))
        answers: dict[int, Answer] = {}
        for start in range(0, len(order), self.batch_size):
            batch = order[start : start + self.batch_size]
            answers |= self._batch(composition, {i: prompts[i] for i in batch})
        return [answers[i] for i in range(len(asks))]

    def _batch(
        self, composition: Composition | None, prompts: dict[int, Prompt]
    ) -> dict[int, Answer]:
        constrained = any(p.constraint for p in prompts.values())
        with self.adapted.using(composition) as model:
            found, timing = generate(
                model,
                list(prompts.values()),
                stops=self._stops,
                vocabulary=self.vocabulary if constrained else None,
            )
        return {
            i: Answer(
                text=str(self.tokenizer.decode(row.tokens, skip_special_tokens=True)),
                finish=row.finish,
                prompt_tokens=len(prompts[i].tokens),
                completion_tokens=len(row.tokens),
                prefill_ms=1000 * timing.prefill_s,
                decode_ms=1000 * timing.decode_s,
                grammar_ms=1000 * row.masked_s,
                surprise=row.surprise,
            )
            for i, row in zip(prompts, found, strict=True)
        }

    def score(
        self, composition: Composition | None, ask: Ask, candidates: Sequence[str]
    ) -> list[float]:
        """Log-probability of each candidate as the whole answer, stop token included.

        Raises:
            InputError: A candidate with the prompt does not fit the context.
        """
        torch = self._torch
        prompt = self.tokens(ask)
        stop = self.stop
        rows = [[*self.encode(c), stop] for c in candidates]
        scores = []
        with self.adapted.using(composition) as model:
            for start in range(0, len(rows), self.batch_size):
                batch = rows[start : start + self.batch_size]
                width = max(map(len, batch))
                # Filled on the right: with causal attention what follows changes nothing before.
                filled = [[*prompt, *r, *[stop] * (width - len(r))] for r in batch]
                ids = torch.tensor(filled, device=self.device)
                logits = model(input_ids=ids, logits_to_keep=width + 1).logits[:, :-1].float()
                logs = logits.log_softmax(-1).gather(-1, ids[:, len(prompt) :, None])[..., 0]
                scores += [float(logs[n, : len(r)].sum()) for n, r in enumerate(batch)]
        return scores

    def close(self) -> None:
        """Nothing is open."""


def _device(torch: Any, wanted: str) -> str:
    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if wanted.startswith("cuda") and not torch.cuda.is_available():
        raise ConfigError("There is no CUDA device here.", hint="Use device: cpu or auto.")
    return wanted


def _stops(model: Any, tokenizer: Any) -> frozenset[int]:
    found = model.generation_config.eos_token_id
    listed = found if isinstance(found, list) else [found]
    return frozenset(int(t) for t in (*listed, tokenizer.eos_token_id) if t is not None)
