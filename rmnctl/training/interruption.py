"""Ctrl-C and termination end a training after the step at hand, not in the middle of it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Wish:
    """Whether someone asked to stop."""

    def __init__(self) -> None:
        """Nobody has asked yet."""
        self.asked = False

    def __call__(self) -> bool:
        """Whether someone has."""
        return self.asked


@contextmanager
def listening() -> Iterator[Wish]:
    """Take the first Ctrl-C or termination as a wish; the second is obeyed at once.

    Outside the main thread signals cannot be caught, and nothing changes.
    """
    wish = Wish()

    def hear(number: int, frame: FrameType | None) -> None:
        del number, frame
        if wish.asked:
            raise KeyboardInterrupt
        wish.asked = True

    if threading.current_thread() is not threading.main_thread():
        yield wish
        return
    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, hear) for number in signals]
    try:
        yield wish
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)
