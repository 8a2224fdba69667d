"""Answers: batched, greedy, under a grammar, with tools; and what goes wrong."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Literal

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field

from rmnctl.errors import ConfigError, Failure, InputError
from rmnctl.federation import Request, Tool
from rmnctl.federation.chat import messages_for, render, system_text
from rmnctl.federation.engine import Ask
from rmnctl.federation.grammar import json_constraint
from rmnctl.federation.tools import call_text, parse_calls, run_call
from tests.federation.tiny import open_federation


class Network(StrEnum):
    """Where to buy."""

    ALPHA = "alpha"
    BETA = "beta"


class Switch(BaseModel):
    """Arguments that a random model can fill in."""

    model_config = ConfigDict(extra="forbid")
    network: Network
    on: bool


class Wild(BaseModel):
    """Arguments that a random model never ends by itself."""

    budget: float
    name: str
    tags: list[str]
    limit: int | None = None


def switch(function=lambda a: {"was": a.on}):
    return Tool("switch", "Turn a network on or off.", Switch, function)


def test_generation_is_that_of_transformers(federation):
    """Greedy, padded or not: the same tokens as `generate` gives for each prompt by itself."""
    engine = federation.engine
    prompts = ["a", "bcd", "something much longer than that"]
    asked = [Request(p, max_new_tokens=20, force_adapters=()) for p in prompts]
    ours = [a.text for a in federation.infer_batch(asked)]
    theirs = []
    for prompt in prompts:
        text = render(engine.tokenizer, messages_for(prompt))
        encoded = engine.tokenizer(text, return_tensors="pt", add_special_tokens=False)
        with engine.adapted.using(None) as model:
            out = model.generate(**encoded, max_new_tokens=20, do_sample=False)
        new = out[0, encoded["input_ids"].shape[1] :]
        theirs.append(engine.tokenizer.decode(new, skip_special_tokens=True))
    assert ours == theirs


def test_the_same_request_gets_the_same_answer(base, adapters):
    """In a new federation too, with its tokens counted and its time told."""
    one, two = (
        open_federation(base, adapters).infer("hello", "planning", "alpha", "x", max_new_tokens=9)
        for _ in range(2)
    )
    assert (one.text, one.completion_tokens, one.prompt_tokens) == (
        two.text,
        two.completion_tokens,
        two.prompt_tokens,
    )
    assert one.completion_tokens == 9
    assert one.finish == "length"
    assert set(one.latency) == {"compose_ms", "prefill_ms", "decode_ms", "grammar_ms"}
    assert one.latency["decode_ms"] > 0


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(prompt=st.text(st.characters(codec="ascii", exclude_characters="<"), max_size=20))
def test_json_is_always_valid_even_where_it_had_to_be_cut(federation, prompt):
    """A random model would write for ever; its answer is closed, fits the schema, and says so."""
    answer = federation.infer(
        prompt, "planning", "alpha", "x", schema=Wild.model_json_schema(), max_new_tokens=240
    )
    Wild.model_validate(answer.value)
    assert abs(answer.value["budget"]) <= 10**12
    assert answer.finish in {"stop", "closed"}


def test_constrained_and_free_rows_share_a_batch(federation):
    """A grammar binds its own row only."""
    free = Request("hello", "planning", "alpha", "x", max_new_tokens=30)
    bound = Request(
        "hello", "planning", "alpha", "x", schema=Switch.model_json_schema(), max_new_tokens=120
    )
    together = federation.infer_batch([free, bound, free])
    alone = federation.infer_batch([free])[0]
    assert [together[0].text, together[2].text] == [alone.text] * 2
    Switch.model_validate(together[1].value)


def test_a_tool_is_called_and_its_result_is_shown_to_the_model(federation):
    """The first answer is a call; the tool gets its typed arguments; then the model goes on."""
    seen = []

    def remember(arguments):
        seen.append(arguments)
        return {"done": True}

    answer = federation.infer(
        "go", "planning", "alpha", "x", [switch(remember)], max_new_tokens=120, max_rounds=2
    )
    first = answer.tool_calls[0]
    assert first.name == "switch"
    assert seen[0] == Switch.model_validate(first.arguments)
    assert first.result == {"done": True}
    assert answer.completion_tokens > 60


def test_a_tool_without_function_only_returns_its_call(federation):
    """One round; what to do with the call is the caller's."""
    answer = federation.infer("go", "planning", "alpha", "x", [switch(None)], max_new_tokens=120)
    (call,) = answer.tool_calls
    assert call.result is None
    assert answer.text == call_text("switch", call.arguments)


def test_a_call_that_was_cut_is_not_run(federation):
    """Closed arguments are valid but not what the model meant."""
    ran = []
    tool = Tool("wild", "Do it.", Wild, ran.append)
    with pytest.raises(Failure, match="was cut; it was not run"):
        federation.infer("go", "planning", "alpha", "x", [tool], max_new_tokens=300)
    assert ran == []


def test_a_tool_that_raises_ends_the_request_without_its_words(federation):
    """Only the kind of error is said: a tool's message may hold data."""

    def fail(_):
        raise RuntimeError("margin 0.31")

    with pytest.raises(Failure, match="Tool switch failed with RuntimeError") as caught:
        federation.infer("go", "planning", "alpha", "x", [switch(fail)], max_new_tokens=120)
    assert "0.31" not in caught.value.message


def test_a_result_that_is_no_json_counts_as_a_failed_tool():
    """What a tool gives must be shown to a model."""
    tool = switch(lambda _: float("nan"))
    call = parse_calls(call_text("switch", {"network": "beta", "on": True}), [tool])[0]
    with pytest.raises(Failure, match="failed with ValueError"):
        run_call(call, [tool])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('<tool_call>[{"name":"switch","argum</tool_call>', "no JSON list"),
        ('<tool_call>[{"name":"other","arguments":{}}]</tool_call>', "was not given"),
        (call_text("switch", {"network": "gamma", "on": True}), "does not take: network"),
    ],
)
def test_calls_from_a_server_are_checked_again(text, said):
    """A server that decodes without the grammar may send anything."""
    with pytest.raises(Failure, match=said):
        parse_calls(text, [switch()])


def test_text_is_no_call():
    """Nor is an empty answer."""
    assert parse_calls("I would rather not.", [switch()]) == []
    assert parse_calls("", [switch()]) == []


def test_a_prompt_longer_than_the_context_says_both_lengths(federation):
    """With the room that the answer needs; nothing is cut silently."""
    with pytest.raises(InputError, match=r"has \d+ tokens; tiny takes 1024 with the 256"):
        federation.infer("x" * 1000)


def test_a_schema_that_cannot_be_decoded_is_refused():
    """With the reason."""
    with pytest.raises(ConfigError, match="cannot be decoded under"):
        json_constraint({"type": "string", "pattern": "(?<=a)b"})


def test_a_form_is_filled_in(federation):
    """Fixed texts stay, and each choice is one of its words, whatever the model would say."""
    form = ("Oats: margin ", ("A", "B"), ', "stock" alpha ', ("A", "BC"))
    answer = federation.infer("What of oats?", form=form, force_adapters=())
    assert re.fullmatch(r'Oats: margin [AB], "stock" alpha (A|BC)', answer.text)
    assert answer.finish == "stop"


def test_strings_and_numbers_without_limits_get_some():
    """So that every answer can end; given limits stay."""
    schema = {
        "type": "object",
        "properties": {
            "a": {"type": "string"},
            "b": {"type": "string", "maxLength": 5},
            "c": {"type": "number", "minimum": 0},
            "type": {"enum": ["x"]},
        },
    }
    bounded = json_constraint(schema).schema
    assert bounded["properties"] == {
        "a": {"type": "string", "maxLength": 400},
        "b": {"type": "string", "maxLength": 5},
        "c": {"type": "number", "minimum": 0, "maximum": 10**12},
        "type": {"enum": ["x"]},
    }
    assert bounded["additionalProperties"] is False


def test_tools_are_described_in_the_system_message():
    """By name and description, and how to call one."""
    text = system_text([switch()])
    assert '{"name":"switch","description":"Turn a network on or off."}' in text
    assert "<tool_call>" in text


def test_a_score_is_the_probability_of_the_whole_answer(federation):
    """Stop token included, so short candidates win nothing by being short."""
    scores = federation.score("go", ["a", "ab"], "planning", "alpha", "x")
    engine = federation.engine
    composition, _ = federation._composed("planning", "alpha", "x", None)
    prompt = engine.tokens(Ask(tuple(messages_for("go")), 64))
    answer = [*engine.tokenizer.encode("ab", add_special_tokens=False), 2]
    with engine.adapted.using(composition) as model:
        logs = model(torch.tensor([[*prompt, *answer]])).logits[0].log_softmax(-1)
    expected = sum(float(logs[len(prompt) - 1 + n, t]) for n, t in enumerate(answer))
    assert scores[1] == pytest.approx(expected, abs=1e-3)


class Nested(BaseModel):
    """A tool's arguments with models inside."""

    model_config = ConfigDict(extra="forbid")
    kind: Literal["a", "b"]
    inner: list[Switch] = Field(min_length=1, max_length=2)


def test_a_choice_among_tools_with_nested_arguments(federation):
    """Definitions of all tools are in the grammar; whichever is called, its arguments fit."""
    tools = [switch(None), Tool("nested", "Set several.", Nested)]
    answer = federation.infer("go", "planning", "alpha", "x", tools, max_new_tokens=400)
    assert answer.tool_calls[0].name in {"switch", "nested"}
