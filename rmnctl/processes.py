"""A process that works for another ends when that one does."""

from __future__ import annotations

import multiprocessing
import os
import threading


def end_with_parent() -> None:
    """Watch the process that started this one, and leave when it is gone: killed, it can stop nobody.

    Call it once in a worker, first thing. It does nothing in a process that `multiprocessing` did
    not start.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
