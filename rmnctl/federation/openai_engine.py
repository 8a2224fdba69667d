"""A server that speaks the OpenAI chat protocol, such as vLLM, as a backend.

Such servers apply one adapter a request, so a composition is exported as one plain adapter, named
by its key, and asked for by that name. An answer under any other name is refused.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from rmnctl.errors import ConfigError, Failure
from rmnctl.federation.base import Base
from rmnctl.federation.composition import Composition, Recipe, compose
from rmnctl.federation.config import OpenAIBackend, Strategy
from rmnctl.federation.engine import Answer, Ask
from rmnctl.federation.export import export
from rmnctl.federation.heavy import need

_OK = 200
_AGAIN = {408, 425, 429, 500, 502, 503, 504}


class OpenAIEngine:
    """Sends conversations to a server; composes and exports here."""

    def __init__(self, base: Base, config: OpenAIBackend) -> None:
        """Prepare to ask; nothing is sent yet.

        Raises:
            ConfigError: The key is not in the environment.
        """
        key = os.environ.get(config.key_env, "").strip() if config.key_env else ""
        if config.key_env and not key:
            raise ConfigError(
                f"The environment variable {config.key_env} is not set.",
                hint="It must hold the server's key; keys are never read from files.",
            )
        self._base, self._config = base, config
        self._loaded: set[str] = set()
        self._lock = threading.Lock()
        self._client = httpx.Client(
            base_url=config.base_url.rstrip("/") + "/",
            timeout=config.timeout_s,
            trust_env=False,
            follow_redirects=False,
            headers={"Authorization": f"Bearer {key}"} if key else {},
        )

    @property
    def placement(self) -> str:
        """Exported adapters are float32 files."""
        return "float32@file"

    def make(self, recipe: Recipe) -> Composition:
        """Compose here, on the CPU.

        Raises:
            ConfigError: The strategy folds into weights that only the server has.
        """
        if recipe.strategy is Strategy.MERGED and recipe.rank is None:
            raise ConfigError(
                "A server takes adapters, not folded weights.",
                hint="Give strategy merged a rank, or use additive.",
            )
        return compose(recipe, dtype=need("torch").float32)

    def answer(self, composition: Composition | None, asks: Sequence[Ask]) -> list[Answer]:
        """Continue conversations, several at a time.

        Raises:
            Failure: The server is down, refuses, or answers for another model.
        """
        model = self._config.base_model
        if composition is not None:
            model = self._publish(composition)
        with ThreadPoolExecutor(min(self._config.parallel, max(len(asks), 1))) as pool:
            return list(pool.map(lambda ask: self._ask(model, ask), asks))

    def close(self) -> None:
        """Close connections."""
        self._client.close()

    def _publish(self, composition: Composition) -> str:
        name = f"rmnctl-{composition.key[:32]}"
        with self._lock:
            if name in self._loaded:
                return name
            folder = self._config.export_dir / name
            export(composition, folder, self._base.public_name, self._base.shapes())
            if self._config.load_adapters:
                body = {"lora_name": name, "lora_path": str(folder.absolute())}
                found = self._post("load_lora_adapter", body)
                # A server that kept it from before says so with 400; the name is its content.
                if found.status_code != _OK and "already" not in found.text:
                    raise self._refused(found, "to load an adapter")
            self._loaded.add(name)
        return name

    def _ask(self, model: str, ask: Ask) -> Answer:
        body: dict[str, Any] = {
            "model": model,
            "messages": list(ask.messages),
            "temperature": ask.sampling.temperature if ask.sampling else 0,
            "seed": ask.sampling.seed if ask.sampling else 0,
            "max_tokens": ask.max_new_tokens,
        }
        if ask.constraint is not None and ask.constraint.schema is not None:
            body["response_format"] = {
                "type": "json_schema",
                "json_schema": {
                    "name": "answer",
                    "schema": dict(ask.constraint.schema),
                    "strict": True,
                },
            }
        started = time.perf_counter()
        response = self._post("chat/completions", body)
        if response.status_code != _OK:
            raise self._refused(response, "to answer")
        try:
            data = response.json()
            choice = data["choices"][0]
            usage = data.get("usage") or {}
            answered, text = data["model"], choice["message"]["content"]
            finish = "stop" if choice.get("finish_reason") in {"stop", "tool_calls"} else "length"
        except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
            raise Failure("The model server sent no chat completion.") from error
        if answered != model:
            raise Failure(
                "The model server answered with another model than it was asked for.",
                hint="Nothing of its answer was used. Check how it names adapters.",
            )
        if not isinstance(text, str):
            raise Failure("The model server sent no text.")
        return Answer(
            text=text,
            finish=finish,
            prompt_tokens=int(usage.get("prompt_tokens") or 0),
            completion_tokens=int(usage.get("completion_tokens") or 0),
            decode_ms=1000 * (time.perf_counter() - started),
        )

    def _post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        for attempt in range(self._config.retries + 1):
            last = attempt == self._config.retries
            try:
                response = self._client.post(path, json=body)
            except httpx.HTTPError as error:
                if last:
                    raise Failure(
                        f"The model server at {self._config.base_url} does not answer: "
                        f"{type(error).__name__}.",
                        hint="Start it, or use the backend kind: transformers.",
                    ) from error
            else:
                if last or response.status_code not in _AGAIN:
                    return response
            time.sleep(min(0.2 * 2**attempt, 5.0))
        raise AssertionError("unreachable")

    def _refused(self, response: httpx.Response, what: str) -> Failure:
        return Failure(
            f"The model server refused {what}: HTTP {response.status_code}.",
            hint="Its log says why. vLLM loads adapters only when started with "
            "VLLM_ALLOW_RUNTIME_LORA_UPDATING=True and a max-lora-rank that is large enough.",
        )
