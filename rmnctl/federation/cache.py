"""Finished compositions, by key, bounded in bytes; the least recently used go first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from rmnctl.federation.composition import Composition


class CompositionCache:
    """A cache that counts bytes.

    Who holds a composition keeps it alive: eviction drops the cache's reference, never tensors
    that a request is using. What is larger than the whole cache is handed out and not kept.
    """

    def __init__(self, max_bytes: int) -> None:
        """Make an empty cache that keeps at most `max_bytes`."""
        self._max_bytes = max_bytes
        self._kept: OrderedDict[str, Composition] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self.hits = 0
        self.misses = 0
        self.evictions = 0

    @property
    def bytes(self) -> int:
        """How much is kept now."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: str, make: Callable[[], Composition]) -> tuple[Composition, bool]:
        """The composition of that key, made where it is not kept.

        Returns:
            It, and whether it was kept.

        Raises:
            ValueError: What was made has another key.
        """
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                self.hits += 1
                return found, True
        made = make()
        if made.key != key:
            raise ValueError("a composition was made under another's key")
        with self._lock:
            self.misses += 1
            if made.bytes <= self._max_bytes and key not in self._kept:
                self._kept[key] = made
                self._bytes += made.bytes
                while self._bytes > self._max_bytes:
                    _, gone = self._kept.popitem(last=False)
                    self._bytes -= gone.bytes
                    self.evictions += 1
        return made, False

    def clear(self) -> None:
        """Forget everything, e.g. when a brand's adapter was deleted."""
        with self._lock:
            self._kept.clear()
            self._bytes = 0
