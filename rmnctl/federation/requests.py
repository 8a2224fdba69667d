"""One question, its answer, and the rounds of tool calls between them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from rmnctl.errors import Failure
from rmnctl.federation.chat import Message, after_calls, messages_for
from rmnctl.federation.grammar import (
    Constraint,
    call_constraint,
    form_constraint,
    json_constraint,
)
from rmnctl.federation.record import CompositionRecord
from rmnctl.federation.tools import Tool, ToolCall, parse_calls, run_call

if TYPE_CHECKING:
    from rmnctl.federation.engine import Answer, Sampling


@dataclass(frozen=True)
class Request:
    """One question to the federation.

    Attributes:
        prompt: What the user says.
        task: What is to be done; None for no task layer.
        retailer_id: Whose media.
        brand_id: Who asks.
        tools: What the model may call.
        tool_choice: `required`: the first answer is a call; `auto`: the model decides.
        schema: JSON Schema of the answer; not together with tools.
        form: What the answer is, part by part: a fixed text, or several of which it is one; not
            together with tools or a schema, and only where the base is in this process.
        system: Instead of the usual system message.
        max_new_tokens: Longest answer; None: as configured.
        max_rounds: Answers at most, where tools are run and the model goes on.
        force_adapters: Exactly these adapters; () is the bare base.
        sampling: How tokens are drawn; None: greedy.
    """

    prompt: str
    task: str | None = None
    retailer_id: str | None = None
    brand_id: str | None = None
    tools: tuple[Tool, ...] = ()
    tool_choice: Literal["required", "auto"] = "required"
    schema: Mapping[str, Any] | None = None
    form: tuple[str | tuple[str, ...], ...] | None = None
    system: str | None = None
    max_new_tokens: int | None = None
    max_rounds: int = 4
    force_adapters: tuple[str, ...] | None = None
    sampling: Sampling | None = None


@dataclass(frozen=True)
class Inference:
    """One answer.

    Attributes:
        text: What the model said last.
        value: The answer as data, where a schema was given.
        tool_calls: Every call, with its result where the tool was run.
        composition: What answered; None of it is another tenant's.
        finish: `stop`, `length` (cut), or `closed` (valid JSON, but brought to its end early).
        prompt_tokens: Over all rounds.
        completion_tokens: Over all rounds.
        latency: Milliseconds: compose, prefill, decode, grammar; of the batch it was in.
        surprise: How unlikely the model held its last answer, nats a token, where a grammar kept
            it in bounds and the base is in this process; else None.
    """

    text: str
    value: Any
    tool_calls: tuple[ToolCall, ...]
    composition: CompositionRecord
    finish: str
    prompt_tokens: int
    completion_tokens: int
    latency: dict[str, float]
    surprise: float | None = None


@dataclass
class Open:
    """A request under way."""

    request: Request
    messages: list[Message]
    constraint: Constraint | None
    record: CompositionRecord
    calls: list[ToolCall] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    rounds: int = 0
    done: bool = False


def open_request(request: Request, record: CompositionRecord) -> Open:
    """A request with its first messages.

    Raises:
        ConfigError: Its schema or a tool's parameters cannot be decoded under.
    """
    messages = messages_for(request.prompt, request.tools, request.system)
    return Open(request, messages, _constraint(request), record)


def _constraint(request: Request) -> Constraint | None:
    if request.tools:
        return call_constraint(request.tools, required=request.tool_choice == "required")
    if request.form is not None:
        return form_constraint(request.form)
    return json_constraint(request.schema) if request.schema is not None else None


def go_on(one: Open, answer: Answer) -> None:
    """Take an answer; run what it calls and go on, or be done.

    Raises:
        Failure: A tool failed, or its call was cut or cannot be read.
    """
    one.answers.append(answer)
    one.rounds += 1
    tools = one.request.tools
    cut = answer.finish != "stop"
    calls = parse_calls(answer.text, tools) if tools and answer.finish != "length" else []
    required = bool(tools) and one.request.tool_choice == "required" and one.rounds == 1
    if cut and (calls or required):
        raise Failure(
            f"A tool call did not fit into {one.request.max_new_tokens or 'the configured'} tokens "
            "and was cut; it was not run.",
            hint="Raise max_new_tokens.",
        )
    ran = [run_call(call, tools) for call in calls]
    one.calls += ran
    runnable = {t.name for t in tools if t.function is not None}
    again = bool(ran) and all(c.name in runnable for c in ran)
    one.done = not again or one.rounds >= one.request.max_rounds
    if not one.done:
        one.messages = after_calls(one.messages, ran)
        one.constraint = _constraint(replace(one.request, tool_choice="auto"))


def conclude(one: Open) -> Inference:
    """The answer to a request that is done.

    Raises:
        Failure: It should have been JSON and was cut.
    """
    last = one.answers[-1]
    value = None
    if one.request.schema is not None and not one.request.tools:
        try:
            value = json.loads(last.text)
        except ValueError as error:
            raise Failure(
                "The answer is no JSON"
                + (": it was cut." if last.finish == "length" else ", though a schema was given."),
                hint="Raise max_new_tokens, or bound the schema (maxLength, maxItems).",
            ) from error
    return Inference(
        text=last.text,
        value=value,
        tool_calls=tuple(one.calls),
        composition=one.record,
        finish=last.finish,
        prompt_tokens=sum(a.prompt_tokens for a in one.answers),
        completion_tokens=sum(a.completion_tokens for a in one.answers),
        latency={
            "compose_ms": one.record.ms,
            "prefill_ms": sum(a.prefill_ms for a in one.answers),
            "decode_ms": sum(a.decode_ms for a in one.answers),
            "grammar_ms": sum(a.grammar_ms for a in one.answers),
        },
        surprise=last.surprise,
    )
