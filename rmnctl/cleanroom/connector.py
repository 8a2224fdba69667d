"""A clean room somewhere else, asked with the same query under the same local rules.

What comes back is held against the query and the policy as if a stranger had sent it: exactly
the cells that were asked for, numbers that are numbers, nothing thinner than the local policy
allows. Whatever goes wrong is one thing to the caller: `UNAVAILABLE`.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from rmnctl.cleanroom.answer import Answer, Grid, LocalRoom, check, columns_of
from rmnctl.cleanroom.calendar import Grain
from rmnctl.cleanroom.policy import COUNTS, Policy, load_policy
from rmnctl.cleanroom.query import Query, Ratio, Sum
from rmnctl.cleanroom.refusals import Unavailable
from rmnctl.cleanroom.release import Period, Release
from rmnctl.cleanroom.transport import Transport, Unusable
from rmnctl.config import ConfigModel, Settings, canonical_json, fingerprint_of
from rmnctl.errors import ConfigError

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_LARGEST = 10**18
_COUNTED = {*COUNTS, "conversions"}


class Fallback(ConfigModel):
    """Where to ask when the remote room is unavailable; the answer says so."""

    release: str = Field(description="a local release run of the same retailer")


class ConnectorConfig(ConfigModel):
    """Configuration `rmnctl/connector/v1`: a remote clean room and the public facts about it."""

    schema_: Literal["rmnctl/connector/v1"] = Field(alias="schema")
    endpoint: str = Field(description="URL that takes the query as JSON by POST")
    key_env: str = Field(
        pattern=r"^[A-Z][A-Z0-9_]*$", description="environment variable that holds the key"
    )
    policy: Path = Field(description="the local policy, applied to what is asked and answered")
    grain: Grain = Field(description="grain of the remote release")
    period: Period | None = Field(None, description="days it speaks of")
    skus: tuple[str, ...] | None = Field(
        None, description="public SKUs, where the policy takes them from a catalogue"
    )
    timeout_s: float = Field(10.0, gt=0, le=300, description="for one attempt, all of it")
    retries: int = Field(3, ge=0, le=10, description="attempts after the first")
    backoff_s: float = Field(0.2, ge=0, le=60, description="first pause; doubles each time")
    max_bytes: int = Field(20_000_000, ge=1000, description="longer answers are not read")
    open_after: int = Field(3, ge=1, description="failed calls in a row until none is tried")
    open_for_s: float = Field(30.0, ge=0, description="how long then none is tried")
    fallback: Fallback | None = Field(None, description="null: an unavailable room is an error")

    @model_validator(mode="after")
    def _private(self) -> ConnectorConfig:
        parts = urlsplit(self.endpoint)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("endpoint must be an http or https URL")
        if parts.username or parts.password:
            raise ValueError("endpoint must not hold a secret; the key comes from key_env")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise ValueError("endpoint must be https: the key would travel in the clear")
        return self


@dataclass
class Circuit:
    """Stops asking a room that keeps failing, for a while."""

    open_after: int
    open_for_s: float
    failures: int = 0
    opened_at: float | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def closed(self) -> bool:
        """True if the room may be asked; after the pause one call may try."""
        with self.lock:
            if self.opened_at is None:
                return True
            if time.monotonic() - self.opened_at < self.open_for_s:
                return False
            self.opened_at = time.monotonic()
            return True

    def record(self, *, worked: bool) -> None:
        """Count an outcome."""
        with self.lock:
            self.failures = 0 if worked else self.failures + 1
            if worked:
                self.opened_at = None
            elif self.failures >= self.open_after:
                self.opened_at = time.monotonic()


class RemoteRoom:
    """A clean room behind HTTP."""

    def __init__(
        self,
        config: ConnectorConfig,
        policy: Policy,
        transport: Transport,
        fallback: LocalRoom | None = None,
    ) -> None:
        """Name a room.

        Args:
            config: Where it is and how patient to be.
            policy: The local rules.
            transport: Sends a query and brings bytes back.
            fallback: A local release, if one was configured.
        """
        self._facts = _public_facts(config, policy)
        self._transport = transport
        self._fallback = fallback
        self._circuit = Circuit(config.open_after, config.open_for_s)
        self._endpoint = config.endpoint

    @classmethod
    def open(cls, config: ConnectorConfig, settings: Settings) -> Self:
        """Prepare to ask; nothing is sent yet.

        Raises:
            ConfigError: The key is not in the environment, or the policy is not for this.
            RunError: The fallback release is not there.
        """
        key = os.environ.get(config.key_env, "")
        if not key.strip():
            raise ConfigError(
                f"The environment variable {config.key_env} is not set.",
                hint="It must hold the clean room's key; keys are never read from files.",
            )
        policy = load_policy(config.policy)
        fallback = None
        if config.fallback is not None:
            fallback = LocalRoom.open(settings.runs, config.fallback.release)
            if fallback.release.retailer != policy.retailer:
                fallback.close()
                raise ConfigError("The fallback release is another retailer's.")
        transport = Transport(
            config.endpoint,
            key,
            timeout_s=config.timeout_s,
            retries=config.retries,
            backoff_s=config.backoff_s,
            max_bytes=config.max_bytes,
        )
        return cls(config, policy, transport, fallback)

    def close(self) -> None:
        """Let go of connections."""
        self._transport.close()
        if self._fallback is not None:
            self._fallback.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, query: Query) -> Answer:
        """Ask the room, or the fallback where the room is unavailable.

        Raises:
            Refusal: The local policy does not allow the query; nothing was sent.
            Unavailable: No usable answer, and no fallback.
        """
        grid = check(query, self._facts)
        if self._circuit.closed():
            try:
                body = canonical_json(query.plain()).encode()
                idempotency = fingerprint_of({"endpoint": self._endpoint, "query": query.plain()})
                content = self._transport.post(body, idempotency)
                answer = self._believe(content, query, grid)
            except Unusable:
                self._circuit.record(worked=False)
            else:
                self._circuit.record(worked=True)
                return answer
        if self._fallback is None:
            raise Unavailable
        local = self._fallback.ask(query)
        return Answer(local.cells, local.privacy | {"source": "fallback: local release"})

    def _believe(self, content: bytes, query: Query, grid: Grid) -> Answer:
        """The remote answer as far as it fits the question and the local rules."""
        try:
            data = json.loads(content)
        except (ValueError, RecursionError):
            raise Unusable from None
        cells = data.get("cells") if isinstance(data, Mapping) else None
        if not isinstance(cells, list) or data.get("status") != "ok":
            raise Unusable
        found: dict[tuple[Any, ...], Mapping[str, Any]] = {}
        for cell in cells:
            key, metrics = _cell(cell, grid.names)
            if key in found:
                raise Unusable
            found[key] = metrics
        wanted = list(grid)
        if set(found) != set(wanted):
            raise Unusable
        answered = [
            {
                "key": dict(zip(grid.names, key, strict=True)),
                "metrics": self._cell(found[key], query),
            }
            for key in wanted
        ]
        return Answer(answered, self._statement())

    def _cell(self, metrics: Mapping[str, Any], query: Query) -> dict[str, dict[str, Any]]:
        if set(metrics) != {m.name for m in query.metrics}:
            raise Unusable
        values = {m.name: _value(metrics[m.name], m) for m in query.metrics}
        withheld = self._withheld(query, values)
        return {
            m.name: {"status": "withheld", "value": None}
            if withheld & set(columns_of(m)) or values[m.name] is None
            else {"status": "ok", "value": values[m.name]}
            for m in query.metrics
        }

    def _withheld(self, query: Query, values: Mapping[str, int | float | None]) -> set[str]:
        """Metrics that the local rules withhold in a cell, with those that would tell them."""
        least = self._facts.policy.thresholds.min_contributors
        thin: set[str] = set()
        for metric in query.metrics:
            value = values[metric.name]
            if isinstance(metric, Sum) and (
                value is None
                # Fewer of them than people must stand behind them: the room broke the rule.
                or (columns_of(metric)[0] in _COUNTED and value < least)
            ):
                thin.update(columns_of(metric))
        return {m for group in self._facts.policy.groups if thin & set(group) for m in group}

    def _statement(self) -> dict[str, Any]:
        policy = self._facts.policy
        return {
            "mode": "remote",
            "source": "remote clean room; its own rules are not proved here",
            "policy": policy.digest,
            "grain": self._facts.grain.value,
            "thresholds": policy.thresholds.plain(),
        }


def _public_facts(config: ConnectorConfig, policy: Policy) -> Release:
    """What is known of the remote release, in the form a local one has."""
    dimensions = policy.dimensions
    skus = config.skus
    if dimensions.sku_id is None:
        skus = None
    elif isinstance(dimensions.sku_id.domain, tuple):
        skus = dimensions.sku_id.domain
    elif skus is None:
        raise ConfigError(
            "The policy takes its SKUs from a catalogue; the connector must list them.",
            hint="Add the key skus.",
        )
    placements = dimensions.placement_type.domain if dimensions.placement_type else None
    return Release(
        retailer=policy.retailer,
        version=1,
        grain=config.grain,
        period=config.period,
        placements=tuple(placements) if placements is not None else None,
        skus=skus,
        metrics=policy.metrics,
        privacy_unit="customer",
        policy=policy,
        policy_digest=policy.digest,
        previous=None,
        table_sha256="",
    )


def _cell(cell: Any, names: tuple[str, ...]) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
    if not isinstance(cell, Mapping) or set(cell) != {"key", "metrics"}:
        raise Unusable
    key, metrics = cell["key"], cell["metrics"]
    if not isinstance(key, Mapping) or set(key) != set(names) or not isinstance(metrics, Mapping):
        raise Unusable
    values = tuple(key[name] for name in names)
    if any(not isinstance(v, str) and v is not None for v in values):
        raise Unusable
    return values, metrics


def _value(content: Any, metric: Sum | Ratio) -> int | float | None:
    if not isinstance(content, Mapping) or not {"status", "value"} <= set(content):
        raise Unusable
    value = content["value"]
    if content["status"] == "withheld" and value is None:
        return None
    if content["status"] != "ok" or isinstance(value, bool) or not isinstance(value, int | float):
        raise Unusable
    if not -_LARGEST <= value <= _LARGEST:
        # Also what NaN and infinity are.
        raise Unusable
    if isinstance(metric, Sum) and (metric.agg == "count" or metric.field in COUNTS):
        if value != int(value):
            raise Unusable
        return int(value)
    return value
