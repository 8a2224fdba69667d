"""Decoding under a grammar: at each step only tokens that can still lead to a valid answer.

llguidance keeps the parser and computes the mask; this module decides what the grammar is and
turns its bits into a mask over logits.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self

from rmnctl.errors import ConfigError, Failure
from rmnctl.federation.heavy import need
from rmnctl.federation.tools import CALL_END, CALL_START, Tool, call_schema

if TYPE_CHECKING:
    import numpy as np

#: What closes an open value soonest; tried in this order when room runs out.
_CLOSING = (CALL_END, "}]", "}", "]", '"', ",")
#: Where any letter may come an open string is being written, and only a quote ends it.
_LETTER, _QUOTE = "Z", '"'
#: Strings without a limit may go on until the answer is cut; a longer one needs its own maxLength.
MAX_STRING = 400
#: Without limits a number may grow digits and exponents until it is infinite.
MAX_NUMBER = 10**12
#: Grammars kept, since the rows of a batch mostly share theirs.
MAX_PARSERS = 8


@dataclass(frozen=True)
class Constraint:
    """What an answer must look like.

    Attributes:
        grammar: In llguidance's own form.
        schema: JSON Schema of the JSON in it, for servers that decode themselves; None where the
            answer may also be text.
    """

    grammar: str
    schema: Mapping[str, Any] | None


def json_constraint(schema: Mapping[str, Any]) -> Constraint:
    """The answer is JSON that fits a schema, without spaces, keys in the schema's order.

    Raises:
        ConfigError: The schema uses what cannot be decoded.
    """
    bounded = _bounded(dict(schema))
    return Constraint(_compiled(f"start: %json {_compact(bounded)}"), bounded)


def call_constraint(tools: Sequence[Tool], *, required: bool) -> Constraint:
    """The answer is one tool call; or, where not required, a call or text.

    Raises:
        ConfigError: A tool's parameters use what cannot be decoded.
    """
    schema = _bounded(call_schema(tools))
    call = f'"{CALL_START}" body "{CALL_END}"\nbody: %json {_compact(schema)}'
    # Text is what does not begin like a call.
    grammar = (
        f"start: {call}" if required else f"start: call | TEXT\ncall: {call}\nTEXT: /[^<](.|\\n)*/"
    )
    return Constraint(_compiled(grammar), schema if required else None)


def form_constraint(parts: Sequence[str | Sequence[str]]) -> Constraint:
    """The answer is a form filled in: fixed texts, and where there are several, one of them.

    Raises:
        ConfigError: The form is empty.
    """
    choices = [(part,) if isinstance(part, str) else tuple(part) for part in parts]
    filled = " ".join(f"({' | '.join(json.dumps(text) for text in c)})" for c in choices)
    return Constraint(_compiled(f"start: {filled}"), None)


def _compact(schema: Mapping[str, Any]) -> str:
    options = {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}
    return json.dumps({**schema, "x-guidance": options})


def _bounded(schema: Any) -> Any:
    """The schema with limits on strings and numbers, and objects closed, so that answers end."""
    if isinstance(schema, list):
        return [_bounded(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found = {
        key: {name: _bounded(part) for name, part in value.items()}
        if key in {"properties", "$defs"}
        else value
        if key in {"enum", "const", "default", "examples", "required"}
        else _bounded(value)
        for key, value in schema.items()
    }
    types = found.get("type")
    kinds = set(types if isinstance(types, list) else [types])
    free = not {"enum", "const", "pattern", "format", "maxLength"} & found.keys()
    if "string" in kinds and free:
        found["maxLength"] = MAX_STRING
    if kinds & {"number", "integer"} and not {"enum", "const"} & found.keys():
        if not {"minimum", "exclusiveMinimum"} & found.keys():
            found["minimum"] = -MAX_NUMBER
        if not {"maximum", "exclusiveMaximum"} & found.keys():
            found["maximum"] = MAX_NUMBER
    if "object" in kinds and "properties" in found:
        found.setdefault("additionalProperties", False)
    return found


@lru_cache(maxsize=MAX_PARSERS)
def _compiled(text: str) -> str:
    matcher = need("llguidance").LLMatcher
    grammar = str(matcher.grammar_from_lark(text))
    failed, messages = matcher.validate_grammar_with_warnings(grammar)
    if failed:
        raise ConfigError(
            f"This schema or form cannot be decoded under: {str(messages[0]).splitlines()[0]}.",
            hint="Use plain types, enum, const, minimum, maximum, pattern; no recursion.",
        )
    return grammar


class Vocabulary:
    """A tokenizer as llguidance sees it; built once for a base (a third of a second)."""

    def __init__(self, tokenizer: Any, size: int, stop: int) -> None:
        """Take a fast tokenizer, the width of the logits, and the token that ends an answer."""
        from llguidance import LLTokenizer

        self.size = size
        self.stop = stop
        text = tokenizer.backend_tokenizer.to_str()
        settings = json.loads(text) | {"padding": None, "truncation": None}
        self.tokens = LLTokenizer(json.dumps(settings), n_vocab=size, eos_token=stop)
        texts = (*_CLOSING, _LETTER)
        encoded = {c: tokenizer.encode(c, add_special_tokens=False) for c in texts}
        single = {c: ids[0] for c, ids in encoded.items() if len(ids) == 1}
        self.closing = [single[c] for c in _CLOSING if c in single]
        self.letter, self.quote = single.get(_LETTER, stop), single.get(_QUOTE, stop)
        self._made: dict[str, Matcher] = {}

    def matcher(self, constraint: Constraint) -> Matcher:
        """A parser at the start of an answer."""
        made = self._made.get(constraint.grammar)
        if made is None:
            if len(self._made) >= MAX_PARSERS:
                self._made.clear()
            made = self._made[constraint.grammar] = Matcher.of(self, constraint)
        return made.again()


class Matcher:
    """The parser of one answer."""

    def __init__(self, vocabulary: Vocabulary, matcher: Any) -> None:
        """Take llguidance's parser, at the beginning of an answer."""
        self._vocabulary = vocabulary
        self._matcher = matcher
        self._check()

    @classmethod
    def of(cls, vocabulary: Vocabulary, constraint: Constraint) -> Self:
        """Make a parser; a grammar with many words takes a tenth of a second."""
        from llguidance import LLMatcher

        return cls(vocabulary, LLMatcher(vocabulary.tokens, constraint.grammar))

    def again(self) -> Matcher:
        """A parser of its own at the same place."""
        return Matcher(self._vocabulary, self._matcher.deep_copy())

    def _check(self) -> None:
        if self._matcher.is_error():
            raise Failure(f"The grammar failed: {self._matcher.get_error().splitlines()[0]}.")

    def allowed(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which tokens may come next, (vocabulary,)."""
        import numpy as np

        bits = np.frombuffer(self._matcher.compute_bitmask(), dtype=np.uint8)
        self._check()
        mask = np.unpackbits(bits, bitorder="little")[: self._vocabulary.size].astype(bool)
        short = self._vocabulary.size - len(mask)
        return np.pad(mask, (0, short)) if short else mask

    def closing(self, allowed: np.ndarray[Any, np.dtype[np.bool_]]) -> int | None:
        """The token that ends the answer soonest, if one of those is allowed."""
        known = self._vocabulary
        inside = (known.quote,) if allowed[known.letter] else ()
        wanted = (known.stop, *inside, *known.closing)
        return next((token for token in wanted if allowed[token]), None)

    def take(self, tokens: Sequence[int]) -> None:
        """Go on by these tokens."""
        self._matcher.consume_tokens(list(tokens))
        self._check()

    def forced(self) -> list[int]:
        """Tokens that must come next whatever the model says, as the tokenizer would write them."""
        return [int(token) for token in self._matcher.compute_ff_tokens()]

    @property
    def finished(self) -> bool:
        """Whether nothing more can come."""
        return bool(self._matcher.is_stopped())
