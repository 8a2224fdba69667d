"""Typed tools: what a model may call, with what arguments, and what happens when it does."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from rmnctl.errors import Failure

CALL_START, CALL_END = "<tool_call>", "</tool_call>"


@dataclass(frozen=True)
class Tool:
    """A function a model may call.

    Attributes:
        name: What the model calls it.
        description: When to use it, one sentence.
        parameters: Model of its arguments.
        function: Takes the arguments, gives JSON-ready data; None: calls are only returned.
        schema: JSON Schema of the arguments, where a flatter one than the model's is better.
    """

    name: str
    description: str
    parameters: type[BaseModel]
    function: Callable[[Any], Any] | None = None
    schema: Mapping[str, Any] | None = None

    def json_schema(self) -> dict[str, Any]:
        """JSON Schema of the arguments."""
        return dict(self.schema) if self.schema is not None else self.parameters.model_json_schema()


@dataclass(frozen=True)
class ToolCall:
    """One call a model made.

    Attributes:
        name: Which tool.
        arguments: Checked against its model, as the model's own JSON had them.
        result: What the tool gave, where it was run.
    """

    name: str
    arguments: dict[str, Any]
    result: Any = None

    def plain(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"name": self.name, "arguments": self.arguments, "result": self.result}


def compact_json(value: Any) -> str:
    """JSON as it is trained, decoded and shown to models: no spaces, keys in their order."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def call_text(name: str, arguments: Mapping[str, Any]) -> str:
    """A tool call as models write it; training text is made with this too."""
    calls = [{"name": name, "arguments": dict(arguments)}]
    return f"{CALL_START}{compact_json(calls)}{CALL_END}"


def call_schema(tools: Sequence[Tool]) -> dict[str, Any]:
    """JSON Schema of the list of one call: one alternative for each tool."""
    definitions: dict[str, Any] = {}
    calls = []
    for tool in tools:
        arguments = tool.json_schema()
        definitions |= arguments.pop("$defs", {})
        calls.append(
            {
                "type": "object",
                "properties": {"name": {"const": tool.name}, "arguments": arguments},
                "required": ["name", "arguments"],
                "additionalProperties": False,
            }
        )
    schema: dict[str, Any] = {
        "type": "array",
        "items": calls[0] if len(calls) == 1 else {"anyOf": calls},
        "minItems": 1,
        "maxItems": 1,
    }
    return schema | ({"$defs": definitions} if definitions else {})


def parse_calls(text: str, tools: Sequence[Tool]) -> list[ToolCall]:
    """The calls in an answer; none where it is plain text.

    Raises:
        Failure: There is a call, but not of one of these tools with arguments it takes.
    """
    body = text.strip()
    if body.startswith(CALL_START):
        body = body.removeprefix(CALL_START).partition(CALL_END)[0]
    elif not body.startswith("[{"):
        return []
    try:
        calls = json.loads(body)
        found = [(call["name"], call["arguments"]) for call in calls]
    except (ValueError, KeyError, TypeError) as error:
        raise Failure("The model's tool call is no JSON list of name and arguments.") from error
    return [ToolCall(name, _checked(name, arguments, tools)) for name, arguments in found]


def _named(name: str, tools: Sequence[Tool]) -> Tool:
    tool = next((t for t in tools if t.name == name), None)
    if tool is None:
        raise Failure("The model called a tool that it was not given.")
    return tool


def _checked(name: str, arguments: Any, tools: Sequence[Tool]) -> dict[str, Any]:
    try:
        _named(name, tools).parameters.model_validate(arguments)
    except ValidationError as error:
        fields = sorted({".".join(map(str, e["loc"])) for e in error.errors()})
        raise Failure(
            f"The model called {name} with arguments that it does not take: "
            f"{', '.join(fields) or 'all of them'}.",
            details={"fields": fields},
        ) from error
    return dict(arguments)


def run_call(call: ToolCall, tools: Sequence[Tool]) -> ToolCall:
    """Run the tool that a call names.

    Raises:
        Failure: The tool raised; its own words are not repeated, they may hold data.
    """
    tool = _named(call.name, tools)
    if tool.function is None:
        return call
    arguments = tool.parameters.model_validate(call.arguments)
    try:
        result = tool.function(arguments)
        compact_json(result)
    except Exception as error:
        raise Failure(
            f"Tool {call.name} failed with {type(error).__name__}.",
            hint="Its own message is the cause of this error; see it with --debug.",
        ) from error
    return ToolCall(call.name, call.arguments, result)
