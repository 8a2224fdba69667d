"""Messages in the form every base is trained on and asked in.

Tools are described in the system message, so that one text serves models whose chat template
knows nothing of tools; calls come back between `<tool_call>` and `</tool_call>`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rmnctl.federation.tools import CALL_END, CALL_START, Tool, ToolCall, call_text, compact_json

Message = dict[str, str]
SYSTEM = "You plan retail media. Answer with what you know; be short."


def system_text(tools: Sequence[Tool] = ()) -> str:
    """The system message, with the tools there are."""
    if not tools:
        return SYSTEM
    lines = [compact_json({"name": t.name, "description": t.description}) for t in tools]
    form = f'{CALL_START}[{{"name":NAME,"arguments":{{…}}}}]{CALL_END}'
    return f"{SYSTEM}\nTools:\n" + "\n".join(lines) + f"\nCall one as {form}"


def messages_for(
    prompt: str, tools: Sequence[Tool] = (), system: str | None = None
) -> list[Message]:
    """The conversation that a request begins with."""
    return [
        {"role": "system", "content": system if system is not None else system_text(tools)},
        {"role": "user", "content": prompt},
    ]


def after_calls(messages: Sequence[Message], calls: Sequence[ToolCall]) -> list[Message]:
    """The conversation after tools were run."""
    more = list(messages)
    for call in calls:
        more.append({"role": "assistant", "content": call_text(call.name, call.arguments)})
        more.append({"role": "tool", "content": compact_json(call.result)})
    return more


def render(tokenizer: Any, messages: Sequence[Message]) -> str:
    """The text a model is asked to continue, by its own chat template."""
    return str(
        tokenizer.apply_chat_template(list(messages), tokenize=False, add_generation_prompt=True)
    )
