"""`rmnctl cleanroom query` and `fields`: the analyst's side of a clean room."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rmnctl import rmis
from rmnctl.cleanroom import (
    Answer,
    Ledger,
    LocalRoom,
    Policy,
    Query,
    Refusal,
    Release,
    find_policy,
    load_policy,
    read_query,
)
from rmnctl.cleanroom.connector import ConnectorConfig, RemoteRoom
from rmnctl.cleanroom.policy import METRICS
from rmnctl.config import Settings, fingerprint_of
from rmnctl.errors import ConfigError, did_you_mean

POLICIES = Path("configs/cleanroom")
NO_POLICY = "no policy can offer it"


@dataclass(frozen=True)
class Fields:
    """What a retailer's clean room offers and what it keeps.

    Attributes:
        policy: The rules, the stricter of retailer and global.
        allowed: Field to how it may be used.
        blocked: Field to why it is not offered.
    """

    policy: Policy
    allowed: dict[str, str]
    blocked: dict[str, str]

    def plain(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "retailer": self.policy.retailer,
            "allowed": self.allowed,
            "blocked": self.blocked,
            "policy": self.policy.plain(),
        }


def cleanroom_query(
    ref: str,
    query_path: Path,
    settings: Settings | None = None,
    *,
    history: Path | None = None,
) -> Answer:
    """Ask the release of a run.

    Args:
        ref: The release run.
        query_path: YAML or JSON.
        settings: Where runs lie.
        history: Folder with the ledgers; the runs folder by default.

    Raises:
        Refusal: The policy does not allow the query.
        RunError: There is no such release, or it was altered.
        InputError: There is no such query file, or the ledger was altered.
    """
    settings = settings or Settings()
    with LocalRoom.open(settings.runs, ref) as room:
        return ask_on_record(room, query_path, history or settings.runs)


def ask_on_record(room: LocalRoom, query_path: Path, history: Path) -> Answer:
    """Ask a room and enter question and outcome into the ledger; no values are entered."""
    try:
        query = read_query(query_path)
    except Refusal as refusal:
        ledger = Ledger(history / ".ledger", room.release.retailer)
        ledger.append("query", _entry(room.release, None, refusal.code, None))
        raise
    return ask_query(room, query, history)


def ask_query(room: LocalRoom, query: Query, history: Path) -> Answer:
    """Ask a room a query that is read already, on record likewise.

    Raises:
        Refusal: The policy does not allow the query.
    """
    ledger = Ledger(history / ".ledger", room.release.retailer)
    try:
        answer = room.ask(query)
    except Refusal as refusal:
        ledger.append("query", _entry(room.release, query, refusal.code, None))
        raise
    ledger.append("query", _entry(room.release, query, "ok", fingerprint_of(answer.plain())))
    return answer


def _entry(
    release: Release, query: Query | None, status: str, answer: str | None
) -> dict[str, Any]:
    """A ledger entry; of a refused query only its digest, for its text may hold anything."""
    asked = query.plain() if query is not None else None
    return {
        "release": release.digest,
        "query": asked if status == "ok" else asked and fingerprint_of(asked),
        "status": status,
        "answer": answer,
    }


def cleanroom_query_remote(
    config: ConnectorConfig, query_path: Path, settings: Settings | None = None
) -> Answer:
    """Ask a remote clean room under the local policy.

    Raises:
        Refusal: The local policy does not allow the query.
        Unavailable: The remote room cannot be reached or cannot be believed.
    """
    settings = settings or Settings()
    query = read_query(query_path)
    with RemoteRoom.open(config, settings) as room:
        return room.ask(query)


def cleanroom_fields(retailer: str, folder: Path = POLICIES) -> Fields:
    """What the policy of a retailer offers, and what it blocks and why.

    Raises:
        ConfigError: No policy names the retailer.
    """
    path = find_policy(folder, retailer) if folder.is_dir() else None
    if path is None:
        known = sorted(p.stem for p in folder.glob("*.y*ml")) if folder.is_dir() else []
        raise ConfigError(
            f"No policy in {folder} is for that retailer.",
            hint=f"{did_you_mean(retailer, known)} Without a policy nothing is released.",
        )
    return describe(load_policy(path))


def describe(policy: Policy) -> Fields:
    """The fields of a policy, in the order of RMIS."""
    dimensions = policy.dimensions
    allowed = {"date": f"group by, date range; grain {dimensions.date.grain}"}
    if dimensions.placement_type is not None:
        allowed["placement_type"] = f"group by, filter; {_domain(dimensions.placement_type)}"
    if dimensions.sku_id is not None:
        allowed["sku_id"] = f"group by, filter; {_domain(dimensions.sku_id)}"
    for metric in policy.metrics:
        allowed[metric] = "sum, count, ratio"
    blocked: dict[str, str] = {}
    for field in rmis.FIELDS:
        if field.name in allowed or field.name == "retailer_id":
            continue
        if field.name in {policy.entity_key, "customer_id"}:
            blocked[field.name] = "tells customers apart; used inside the rules only"
        elif field.role is rmis.Role.PRIVATE:
            blocked[field.name] = "never in a clean room"
        elif field.name in (*METRICS, "sku_id", "placement_type"):
            blocked[field.name] = "this policy does not offer it"
        else:
            blocked[field.name] = NO_POLICY
    return Fields(policy, allowed, blocked)


def _domain(dimension: Any) -> str:
    if dimension.domain == "catalogue":
        return "the SKUs of the public catalogue"
    return ", ".join(dimension.domain)
