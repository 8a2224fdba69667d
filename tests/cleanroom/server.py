"""A remote clean room for tests: a real HTTP server on the loopback, well- or ill-behaved."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from rmnctl.cleanroom import LocalRoom, Refusal, parse_query

Behave = Callable[["Handler", dict[str, Any]], None]


class Handler(BaseHTTPRequestHandler):
    """Hands every POST to the server's current behaviour."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        """Take a query."""
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length))
        self.server.seen.append((dict(self.headers), body))
        try:
            self.server.behave(self, body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def answer(self, content: bytes, status: int = 200, **headers: str) -> None:
        """Send a whole response."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Stay silent."""


class Server(ThreadingHTTPServer):
    """Listens on a free port of the loopback until it is closed."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.behave: Behave = failing(500)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where to POST."""
        return f"http://127.0.0.1:{self.server_port}/query"

    def close(self) -> None:
        """Stop listening."""
        self.shutdown()
        self.server_close()
        self._thread.join()


def honest(room: LocalRoom, change: Callable[[dict[str, Any]], Any] = lambda a: a) -> Behave:
    """Answers from a real release; `change` may spoil the answer."""

    def behave(handler: Handler, body: dict[str, Any]) -> None:
        try:
            answer = room.ask(parse_query(body)).plain()
        except Refusal as refusal:
            handler.answer(json.dumps({"status": "refused", "code": refusal.code}).encode(), 403)
            return
        handler.answer(json.dumps(change(answer)).encode())

    return behave


def failing(status: int, times: int | None = None, then: Behave | None = None) -> Behave:
    """Answers with an error status, for ever or so many times."""
    left = [times]

    def behave(handler: Handler, body: dict[str, Any]) -> None:
        if left[0] == 0 and then is not None:
            then(handler, body)
            return
        if left[0] is not None:
            left[0] -= 1
        handler.answer(b'{"secret": "4321.99"}', status)

    return behave


def sending(content: bytes, **headers: str) -> Behave:
    """Answers 200 with these bytes, whatever is asked."""
    return lambda handler, _: handler.answer(content, **headers)


def silent(seconds: float) -> Behave:
    """Takes the query and says nothing for a while."""
    return lambda _handler, _body: time.sleep(seconds)


def dripping(header: bool, seconds: float = 3.0) -> Behave:
    """Sends a byte at a time, in the headers or in the body, so that no read ever times out."""

    def behave(handler: Handler, _: dict[str, Any]) -> None:
        start = b"HTTP/1.1 200 OK\r\n"
        handler.wfile.write(start if header else start + b"Content-Length: 1000\r\n\r\n")
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            handler.wfile.write(b"a")
            handler.wfile.flush()
            time.sleep(0.05)
        handler.close_connection = True

    return behave


def endless(handler: Handler, _: dict[str, Any]) -> None:
    """Sends without a length and without an end, up to 50 MB."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(50):
        handler.wfile.write(b" " * 1_000_000)
    handler.close_connection = True


def hanging_up(handler: Handler, _: dict[str, Any]) -> None:
    """Closes the connection in the middle of the answer."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"status":')
    handler.close_connection = True
