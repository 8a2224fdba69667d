"""One POST, with patience and its limits: time, size, retries."""

from __future__ import annotations

import hashlib
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx

_RETRY = {408, 425, 429, 500, 502, 503, 504}
_LONGEST_PAUSE_S = 10.0
_OK = 200


class Unusable(Exception):
    """There is no answer, or none that can be used."""


class _Again(Unusable):
    """No answer this time; another attempt may bring one."""

    def __init__(self, wait_s: float = 0.0) -> None:
        super().__init__()
        self.wait_s = wait_s


class Transport:
    """Sends JSON to one endpoint with a key, and brings back the bytes of a 200."""

    def __init__(
        self,
        endpoint: str,
        key: str,
        *,
        timeout_s: float,
        retries: int,
        backoff_s: float,
        max_bytes: int,
    ) -> None:
        """Prepare a client; nothing is sent.

        Args:
            endpoint: URL.
            key: Sent as a bearer token, never logged.
            timeout_s: For one attempt as a whole, connecting and reading included.
            retries: Attempts after the first.
            backoff_s: Pause before the first retry; doubles each time.
            max_bytes: Longer answers are given up.
        """
        import httpx

        self._endpoint = endpoint
        self._timeout_s = timeout_s
        self._retries = retries
        self._backoff_s = backoff_s
        self._max_bytes = max_bytes
        self._client = httpx.Client(
            timeout=timeout_s,
            follow_redirects=False,
            # No proxies, no .netrc: the key goes to the endpoint and nowhere else.
            trust_env=False,
            headers={
                "Authorization": f"Bearer {key}",
                "Content-Type": "application/json",
                "Accept": "application/json",
                "Accept-Encoding": "identity",
            },
        )

    def close(self) -> None:
        """Close connections."""
        self._client.close()

    def post(self, body: bytes, idempotency_key: str) -> bytes:
        """Send, and try again where that can help.

        Args:
            body: JSON.
            idempotency_key: The same for every attempt, so that the room may recognise one.

        Raises:
            Unusable: No attempt brought a usable answer.
        """
        for attempt in range(self._retries + 1):
            try:
                return self._within_time(body, idempotency_key)
            except _Again as error:
                if attempt == self._retries:
                    raise Unusable from None
                pause = max(self._backoff_s * 2**attempt, error.wait_s)
                jitter = hashlib.sha256(f"{idempotency_key}{attempt}".encode()).digest()[0] / 255
                time.sleep(min(pause * (1 + 0.25 * jitter), _LONGEST_PAUSE_S))
        raise Unusable

    def _within_time(self, body: bytes, key: str) -> bytes:
        """One attempt in a thread of its own: a room that sends a byte a second cannot hold us."""
        outcome: list[bytes | Exception] = []

        def attempt() -> None:
            try:
                outcome.append(self._once(body, key))
            except Exception as error:  # noqa: BLE001  whatever it is, there is no answer
                outcome.append(error)

        worker = threading.Thread(target=attempt, daemon=True)
        worker.start()
        worker.join(self._timeout_s)
        if not outcome:
            raise _Again
        result = outcome[0]
        if isinstance(result, bytes):
            return result
        raise result if isinstance(result, Unusable) else _Again

    def _once(self, body: bytes, key: str) -> bytes:
        with self._client.stream(
            "POST", self._endpoint, content=body, headers={"Idempotency-Key": key}
        ) as response:
            if response.status_code in _RETRY:
                raise _Again(_retry_after(response))
            if response.status_code != _OK:
                raise Unusable
            content = bytearray()
            for chunk in response.iter_raw():
                content += chunk
                if len(content) > self._max_bytes:
                    raise Unusable
            return bytes(content)


def _retry_after(response: httpx.Response) -> float:
    text = response.headers.get("Retry-After", "")
    return min(float(text), _LONGEST_PAUSE_S) if text.isdigit() else 0.0
