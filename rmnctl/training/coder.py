"""Conversations as tokens, exactly as inference reads and writes them.

Inference renders the messages with the base's chat template up to where the assistant begins,
tokenizes that text, and lets the model write tokens until a stop token. So an example is those very
prompt tokens, then the answer's own tokens, then the stop token; the loss is on the last two.
Nothing is tokenized across the boundary, which inference never does either. Only the tokenizer is
loaded, not torch.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rmnctl.errors import InputError
from rmnctl.federation.base import Base
from rmnctl.federation.chat import Message, render
from rmnctl.federation.heavy import need
from rmnctl.training.rows import Row

_PROBE = "rmnctl-probe"


@dataclass(frozen=True)
class Example:
    """One row as tokens.

    Attributes:
        row: Where it came from.
        prompt: Tokens that are read.
        answer: Tokens that are learned, the stop token last.
        rejected: DPO: tokens of the answer to avoid.
    """

    row: Row
    prompt: tuple[int, ...]
    answer: tuple[int, ...]
    rejected: tuple[int, ...] | None = None

    @property
    def length(self) -> int:
        """Of the longer conversation, tokens."""
        return len(self.prompt) + max(len(self.answer), len(self.rejected or ()))

    @property
    def ids(self) -> list[int]:
        """Prompt and answer."""
        return [*self.prompt, *self.answer]

    @property
    def labels(self) -> list[int]:
        """What the loss is on; -100 where there is none."""
        return [*[-100] * len(self.prompt), *self.answer]


class Coder:
    """The tokenizer and chat template of a base.

    Attributes:
        tokenizer: As transformers has it.
        stop: The token that ends an answer, or None where the template writes none.
        context: Longest conversation the base takes, tokens.
        controls: Texts that stand for control tokens; no content may hold them.
    """

    def __init__(self, base: Base) -> None:
        """Load a base's tokenizer.

        Raises:
            InputError: It cannot be loaded, or has no chat template.
            Failure: The extra `llm` is not installed.
        """
        transformers = need("transformers")
        try:
            # Not AutoTokenizer, which loads torch; both read tokenizer.json.
            self.tokenizer = transformers.PreTrainedTokenizerFast.from_pretrained(
                str(base.folder), local_files_only=True
            )
            self._config = json.loads((base.folder / "config.json").read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError) as error:
            raise InputError(
                f"The tokenizer of base model {base.name} cannot be loaded.",
                hint=f"Delete {base.folder} and run `rmnctl models pull {base.name}`.",
            ) from error
        if not self.tokenizer.chat_template:
            raise InputError(f"Base model {base.name} has no chat template.")
        self.context = int(self._config.get("max_position_embeddings") or 2048)
        self.controls = tuple(
            str(token) for token in self.tokenizer.added_tokens_decoder.values() if token.special
        )
        self.stops = _stops(base.folder, self._config, self.tokenizer.eos_token_id)
        self.stop = self._stop()

    def _stop(self) -> int | None:
        """What the template writes after an answer, if inference stops there."""
        probe = [{"role": "user", "content": "a"}, {"role": "assistant", "content": _PROBE}]
        text = str(self.tokenizer.apply_chat_template(probe, tokenize=False))
        after = self._encode(text.rpartition(_PROBE)[2])
        return after[0] if after and after[0] in self.stops else None

    def _encode(self, text: str) -> tuple[int, ...]:
        return tuple(self.tokenizer.encode(text, add_special_tokens=False))

    def encode(self, rows: Sequence[Row]) -> list[Example]:
        """Rows as tokens, in order.

        Raises:
            InputError: The chat template refuses a conversation.
        """
        texts: list[str] = []
        for row in rows:
            texts.append(self.prompt_text(row))
            texts.append(row.answer)
            if row.rejected is not None:
                texts.append(row.rejected)
        # All at once: the tokenizer is much faster that way.
        coded = iter(
            self.tokenizer(texts, add_special_tokens=False, return_attention_mask=False)[
                "input_ids"
            ]
            if texts
            else ()
        )
        end = (self.stop,) if self.stop is not None else ()
        return [
            Example(
                row,
                tuple(next(coded)),
                (*next(coded), *end),
                None if row.rejected is None else (*next(coded), *end),
            )
            for row in rows
        ]

    def prompt_text(self, row: Row) -> str:
        """What the model reads before it answers.

        Raises:
            InputError: The chat template refuses the conversation.
        """
        try:
            return render(self.tokenizer, row.prompt)
        except Exception as error:
            # jinja2 raises whatever a template raises.
            raise InputError(
                f"The base's chat template refuses the roles of row {row.line}."
            ) from error

    def held_controls(self, messages: Sequence[Message]) -> bool:
        """Whether a content holds the text of a control token."""
        return any(token in m["content"] for m in messages for token in self.controls)

    def decode(self, tokens: Sequence[int]) -> str:
        """Tokens as text, control tokens shown."""
        return str(self.tokenizer.decode(list(tokens), skip_special_tokens=False))


def _stops(folder: Path, config: dict[str, Any], eos: int | None) -> frozenset[int]:
    """The tokens at which inference stops: those of generation_config.json, and the tokenizer's."""
    path = folder / "generation_config.json"
    found: Any = config.get("eos_token_id")
    if path.is_file():
        found = json.loads(path.read_text(encoding="utf-8")).get("eos_token_id", found)
    listed = found if isinstance(found, list) else [found]
    return frozenset(int(token) for token in (*listed, eos) if token is not None)
