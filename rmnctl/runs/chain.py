"""Append-only records of what happened, in order, each entry bound to the one before.

One file of JSON lines for each name, and beside it the head: how many entries there are and
the digest of the last. Writers take turns by a file lock, so two processes never write one
entry over another. A cut-off tail disagrees with the head; whoever can write both files can
forge both, so an auditor keeps a copy of the head.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rmnctl.config import canonical_json, fingerprint_of
from rmnctl.errors import InputError
from rmnctl.tables import disk_failure, write_bytes

_START = "sha256:" + "0" * 64
#: Longer than any entry.
_TAIL = 1_000_000
ENTERING = "entering"
_SAFE = re.compile(r"[^A-Za-z0-9_.-]")


@dataclass(frozen=True)
class ChainFault:
    """Something in a chain that is not as it was written.

    Attributes:
        name: Of the chain.
        entry: Number of the entry, from 1.
        message: What is wrong.
    """

    name: str
    entry: int
    message: str


class HashChain:
    """One append-only file of entries in a folder."""

    what = "chain"
    verify_hint = "Restore it from a backup."

    def __init__(self, folder: Path, name: str) -> None:
        """Name a chain; nothing is created before the first entry.

        Args:
            folder: Where chains of its kind lie.
            name: Whose.
        """
        safe = _SAFE.sub("_", name)
        if safe != name:
            # Two names must never share a file.
            safe += "-" + fingerprint_of(name)[-8:]
        self.name = name
        self.path = folder / f"{safe}.jsonl"
        self._head = folder / f"{safe}.head.json"
        self._lock = folder / f"{safe}.lock"

    def exists(self) -> bool:
        """True if anything was ever entered."""
        return self.path.exists() or self._head.exists()

    @contextmanager
    def locked(self, purpose: str) -> Iterator[None]:
        """Keep out whoever else wants to do the same for this name, in any process.

        Args:
            purpose: What is done meanwhile, `ENTERING` for one entry.
        """
        lock = self._lock.with_name(f"{self._lock.name}.{purpose}")
        try:
            lock.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise disk_failure(lock, error) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def append(self, kind: str, content: Mapping[str, Any]) -> dict[str, Any]:
        """Add an entry.

        Args:
            kind: What sort of event.
            content: What happened, JSON-ready; no data values.

        Returns:
            The entry with its number, time and digest.

        Raises:
            InputError: The chain does not end as its head says.
        """
        with self.locked(ENTERING):
            return self._append(kind, content)

    def _append(self, kind: str, content: Mapping[str, Any]) -> dict[str, Any]:
        self._drop_torn_line()
        number, last = self._tip()
        entry: dict[str, Any] = {
            "entry": number + 1,
            "previous": last,
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "kind": kind,
            **content,
        }
        entry["digest"] = fingerprint_of(entry)
        line = canonical_json(entry) + "\n"
        try:
            with self.path.open("a", encoding="utf-8") as stream:
                stream.write(line)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise disk_failure(self.path, error) from error
        head = {"entries": entry["entry"], "digest": entry["digest"]}
        write_bytes(self._head, (canonical_json(head) + "\n").encode())
        return entry

    def _drop_torn_line(self) -> None:
        """Take away what a killed writer began: a last line without its end was never entered."""
        try:
            with self.path.open("rb+") as stream:
                content_ends = stream.seek(0, os.SEEK_END)
                start = max(0, content_ends - _TAIL)
                stream.seek(start)
                tail = stream.read()
                if tail and not tail.endswith(b"\n"):
                    stream.truncate(start + tail.rfind(b"\n") + 1)
        except FileNotFoundError:
            return
        except OSError as error:
            raise disk_failure(self.path, error) from error

    def _tip(self) -> tuple[int, str]:
        """Number and digest of the last entry; a line the head lacks is a killed writer's."""
        if not self.exists():
            return 0, _START
        line = self._last_line()
        head = self._read_head()
        if line is None:
            if head is not None:
                raise self._broken("it is empty although its head counts entries")
            return 0, _START
        number, digest = line
        if head is None and number == 1:
            return number, digest
        if head is None or head not in {line, (number - 1, self._digest_before(digest))}:
            raise self._broken("its end is not what its head says")
        return line

    def _digest_before(self, digest: str) -> str:
        for entry in self.entries():
            if entry.get("digest") == digest:
                return str(entry.get("previous"))
        return ""

    def _read_head(self) -> tuple[int, str] | None:
        try:
            head = json.loads(self._head.read_text(encoding="utf-8"))
            return int(head["entries"]), str(head["digest"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            raise self._broken("its head cannot be read") from None

    def _last_line(self) -> tuple[int, str] | None:
        try:
            with self.path.open("rb") as stream:
                size = stream.seek(0, os.SEEK_END)
                stream.seek(max(0, size - _TAIL))
                lines = stream.read().splitlines()
            if not lines:
                return None
            entry = json.loads(lines[-1])
            return int(entry["entry"]), str(entry["digest"])
        except (OSError, ValueError, KeyError, TypeError):
            raise self._broken("its last entry cannot be read") from None

    def _broken(self, why: str) -> InputError:
        return InputError(f"The {self.what} {self.path} was altered: {why}.", hint=self.verify_hint)

    def entries(self) -> Iterator[dict[str, Any]]:
        """All entries, oldest first.

        Raises:
            InputError: A line is not an entry.
        """
        if not self.path.exists():
            return
        with self.path.open(encoding="utf-8", errors="replace") as stream:
            for line in stream:
                try:
                    entry = json.loads(line)
                except ValueError:
                    raise self._broken("a line is not JSON") from None
                if not isinstance(entry, dict):
                    raise self._broken("a line is not an entry")
                yield entry

    def verify(self) -> list[ChainFault]:
        """Check every entry against its digest, the chain and the head."""
        faults: list[ChainFault] = []
        previous, number = _START, 0
        try:
            for number, entry in enumerate(self.entries(), 1):
                body = {k: v for k, v in entry.items() if k != "digest"}
                for wrong, message in (
                    (entry.get("entry") != number, "is not in its place"),
                    (entry.get("previous") != previous, "does not follow the one before"),
                    (entry.get("digest") != fingerprint_of(body), "was altered"),
                ):
                    if wrong:
                        faults.append(ChainFault(self.name, number, f"Entry {number} {message}."))
                previous = str(entry.get("digest"))
            head = self._read_head()
        except InputError as error:
            return [*faults, ChainFault(self.name, number + 1, error.message)]
        if self.exists() and head != (number, previous):
            faults.append(
                ChainFault(self.name, number, f"The {self.what} does not end as its head says.")
            )
        return faults
