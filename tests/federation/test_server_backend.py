"""A server as the backend, over real HTTP, with what a composition exports."""

from __future__ import annotations

import json

import pytest
import torch
from peft import PeftModel
from pydantic import BaseModel
from transformers import AutoModelForCausalLM

from rmnctl.config.yaml_file import validate
from rmnctl.errors import ConfigError, Failure
from rmnctl.federation import FederationConfig, Request, Strategy, Tool
from rmnctl.federation.card import file_digests
from tests.federation.model_server import ModelServer
from tests.federation.tiny import open_federation

TENANTS = [("alpha", "x"), ("beta", "y"), ("alpha", "z"), ("beta", None)]


class Switch(BaseModel):
    """Arguments."""

    network: str
    on: bool


@pytest.fixture
def server(base):
    """A model server of the tiny base."""
    opened = ModelServer(base.folder)
    yield opened
    opened.close()


@pytest.fixture
def remote(base, adapters, server, tmp_path, monkeypatch):
    """A federation that asks it."""
    monkeypatch.setenv("MODEL_KEY", "sesame")
    backend = {
        "kind": "openai", "base_url": server.url, "key_env": "MODEL_KEY", "base_model": "tiny",
        "export_dir": str(tmp_path / "served"), "retries": 1,
    }  # fmt: skip
    opened = open_federation(base, adapters, backend=backend)
    yield opened
    opened.close()


def test_an_exported_composition_is_one_plain_adapter_that_peft_reads(base, adapters, tmp_path):
    """Alone it gives what all its adapters give together; twice it gives the same bytes."""
    federation = open_federation(base, adapters)
    record = federation.export(tmp_path / "one", "planning", "alpha", "y")
    config = json.loads((tmp_path / "one" / "adapter_config.json").read_text())
    assert (config["r"], config["lora_alpha"], config["use_rslora"]) == (record.rank,) * 2 + (
        False,
    )
    model = AutoModelForCausalLM.from_pretrained(base.folder, dtype=torch.float32)
    tokens = torch.arange(4, 24)[None]
    wrapped = PeftModel.from_pretrained(model, tmp_path / "one").eval()
    composition, _ = federation._composed("planning", "alpha", "y", None)
    with federation.engine.adapted.using(composition) as ours:
        assert (ours(tokens).logits - wrapped(tokens).logits).abs().max() < 1e-4
    federation.export(tmp_path / "two", "planning", "alpha", "y")
    assert file_digests(tmp_path / "one") == file_digests(tmp_path / "two")
    said = json.loads((tmp_path / "one" / "composition.json").read_text())
    assert [la["brand_id"] for la in said["layers"]] == [None, None, "y", None]


def test_folded_weights_cannot_be_exported(base, adapters, tmp_path):
    """There is no low-rank form; re-compressed there is."""
    folded = open_federation(base, adapters, strategy=Strategy.MERGED)
    with pytest.raises(ConfigError, match="no low-rank form"):
        folded.export(tmp_path / "a", "planning", "alpha", "x")
    smaller = open_federation(base, adapters, strategy=Strategy.MERGED, rank=4)
    assert smaller.export(tmp_path / "b", "planning", "alpha", "x").rank == 4


def test_a_server_answers_as_the_local_model_does(base, adapters, remote):
    """Each tenant's composition is exported, loaded by name, and gives the same text."""
    asked = [Request("hello", "planning", *t, max_new_tokens=8) for t in TENANTS]
    asked.append(Request("hello", force_adapters=(), max_new_tokens=8))
    local = open_federation(base, adapters).infer_batch(asked)
    answers = remote.infer_batch(asked)
    assert [a.text for a in answers] == [a.text for a in local]
    assert [a.prompt_tokens for a in answers] == [a.prompt_tokens for a in local]


def test_the_server_sees_the_key_the_composition_and_greedy_settings(remote, server):
    """One adapter is loaded once, however often it is asked for."""
    for _ in range(2):
        remote.infer("hello", "planning", "alpha", "x", max_new_tokens=4)
    paths = [path for path, _, _ in server.seen]
    assert paths == ["/v1/load_lora_adapter", *["/v1/chat/completions"] * 2]
    _, headers, body = server.seen[-1]
    key = remote.log[-1].key
    assert headers["Authorization"] == "Bearer sesame"
    assert (body["model"], body["temperature"]) == (f"rmnctl-{key[:32]}", 0)


def test_tool_calls_are_asked_for_by_schema_and_checked(remote, server):
    """The server decodes under the schema; the call is run here."""
    tool = Tool("switch", "Turn a network on or off.", Switch, lambda a: a.on)
    answer = remote.infer("go", "planning", "alpha", "x", [tool], max_new_tokens=4, max_rounds=1)
    assert answer.tool_calls[0].result is True
    sent = server.seen[-1][2]["response_format"]["json_schema"]["schema"]
    assert sent["items"]["properties"]["name"] == {"const": "switch"}


def test_an_answer_of_another_model_is_refused(remote, server):
    """Whatever the server mixes up, another tenant's answer is never passed on."""
    server.spoil = lambda answer: answer | {"model": "rmnctl-other"}
    with pytest.raises(Failure, match="answered with another model"):
        remote.infer("hello", "planning", "alpha", "x", max_new_tokens=4)


@pytest.mark.parametrize("answer", [b"<html>", {"choices": []}, {"model": "tiny"}, [], None])
def test_what_is_no_chat_completion_is_a_clear_failure(answer, remote, server):
    """Nothing is guessed from it."""
    server.spoil = lambda _: answer
    with pytest.raises(Failure, match="sent no chat completion"):
        remote.infer("hello", force_adapters=(), max_new_tokens=4)


def test_a_busy_server_is_asked_again_and_a_refusal_is_told(remote, server):
    """503 once is nothing; an answer with an error never repeats the server's words."""
    server.failures = [503]
    assert remote.infer("hello", force_adapters=(), max_new_tokens=4).finish == "stop"
    server.failures = [400]
    with pytest.raises(Failure, match="refused to answer: HTTP 400") as caught:
        remote.infer("hello", force_adapters=(), max_new_tokens=4)
    assert "4321.99" not in caught.value.message
    server.failures = [403]
    with pytest.raises(Failure, match="refused to load an adapter: HTTP 403"):
        remote.infer("hello", "planning", "alpha", "x", max_new_tokens=4)


def test_a_server_that_is_down_says_so(remote, server):
    """After the configured attempts."""
    server.close()
    with pytest.raises(Failure, match="does not answer: ConnectError"):
        remote.infer("hello", force_adapters=())


def test_scores_and_folding_need_the_local_model(base, adapters, remote):
    """And so do forms: they are refused before anything is sent."""
    with pytest.raises(Failure, match="need the base in this process"):
        remote.score("hello", ["a"])
    with pytest.raises(Failure, match="need the base in this process"):
        remote.infer("hello", form=("a", ("b", "c")))
    backend = remote.config.backend
    folded = open_federation(base, adapters, backend=backend, strategy=Strategy.MERGED)
    with pytest.raises(ConfigError, match="takes adapters, not folded weights"):
        folded.compose("planning", "alpha", "x")


def test_a_missing_key_is_said_before_anything_is_sent(remote, monkeypatch):
    """By the name of its variable."""
    monkeypatch.delenv("MODEL_KEY")
    with pytest.raises(ConfigError, match="MODEL_KEY is not set"):
        remote.infer("hello")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://models.example/v1", "must be https"),
        ("ftp://models.example", "must be an http or https URL"),
        ("https://user:secret@models.example/v1", "must not hold a secret"),
    ],
)
def test_a_key_never_travels_in_the_clear(url, said):
    """Plain HTTP with a key only on the loopback; no key in the URL."""
    backend = {
        "kind": "openai", "base_url": url, "key_env": "K", "base_model": "m", "export_dir": "x",
    }  # fmt: skip
    with pytest.raises(ConfigError, match=said) as caught:
        validate(FederationConfig, {"backend": backend})
    assert "secret@" not in caught.value.message
