"""An OpenAI-compatible server for tests: real HTTP, a real model, adapters loaded by PEFT."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer


class Handler(BaseHTTPRequestHandler):
    """Chat completions and vLLM's way to load adapters."""

    protocol_version = "HTTP/1.1"
    server: ModelServer

    def do_POST(self) -> None:
        """Answer."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append((self.path, dict(self.headers), body))
        if self.server.failures:
            self._send(self.server.failures.pop(0), {"error": "secret 4321.99"})
        elif self.path == "/v1/load_lora_adapter":
            with self.server.lock:
                self.server.load(body["lora_name"], Path(body["lora_path"]))
            self._send(200, {})
        elif self.path == "/v1/chat/completions":
            with self.server.lock:
                self._send(200, self.server.spoil(self.server.complete(body)))
        else:
            self._send(404, {})

    def _send(self, status: int, data: Any) -> None:
        content = data if isinstance(data, bytes) else json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Stay silent."""


class ModelServer(ThreadingHTTPServer):
    """Serves one base on a free port of the loopback; `spoil` may change what it answers."""

    daemon_threads = True

    def __init__(self, base: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.failures: list[int] = []
        self.spoil = lambda answer: answer
        self.lock = threading.Lock()
        self._base = base
        self._tokenizer = AutoTokenizer.from_pretrained(base)
        self._models = {"tiny": self._fresh()}
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def _fresh(self) -> Any:
        return AutoModelForCausalLM.from_pretrained(self._base, dtype=torch.float32)

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self.server_port}/v1"

    def load(self, name: str, folder: Path) -> None:
        """Load an adapter as PEFT reads it."""
        self._models[name] = PeftModel.from_pretrained(self._fresh(), folder)

    def complete(self, body: dict[str, Any]) -> dict[str, Any]:
        """Continue a conversation greedily; a schema is answered with its shortest instance."""
        text = self._tokenizer.apply_chat_template(
            body["messages"], tokenize=False, add_generation_prompt=True
        )
        encoded = self._tokenizer(text, return_tensors="pt", add_special_tokens=False)
        with torch.inference_mode():
            out = self._models[body["model"]].generate(
                **encoded, max_new_tokens=body["max_tokens"], do_sample=False
            )
        new = out[0, encoded["input_ids"].shape[1] :]
        content = self._tokenizer.decode(new, skip_special_tokens=True)
        if "response_format" in body:
            arguments = {"network": "beta", "on": True}
            content = json.dumps([{"name": "switch", "arguments": arguments}])
        return {
            "model": body["model"],
            "choices": [{"message": {"content": content}, "finish_reason": "stop"}],
            "usage": {
                "prompt_tokens": encoded["input_ids"].shape[1],
                "completion_tokens": len(new),
            },
        }

    def close(self) -> None:
        """Stop listening."""
        self.shutdown()
        self.server_close()
        self._thread.join()
