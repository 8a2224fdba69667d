"""The one door to torch and transformers: offline, silent, and clear about what is missing."""

from __future__ import annotations

import logging
import os
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from rmnctl.errors import Failure

EXTRA = "llm"


def have(name: str) -> bool:
    """Whether a package of the extra is installed; nothing is imported."""
    try:
        return find_spec(name) is not None
    except ValueError:
        # What was hidden or half-imported counts as missing.
        return False


def need(name: str) -> Any:
    """Import a package of the extra `llm`, offline.

    Raises:
        Failure: It is not installed.
    """
    # Read once by huggingface_hub when it is imported: nothing here may reach for the network.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    # On some processors it asks for a package that would fetch kernels from a hub.
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    if not have(name.partition(".")[0]):
        raise Failure(
            f"{name} is not installed; language models need the extra `{EXTRA}`.",
            hint="Run `make setup`, or pip install 'rmnctl[llm]' -c constraints.txt.",
        )
    module = import_module(name)
    if name == "transformers":
        module.logging.set_verbosity_error()
        module.logging.disable_progress_bar()
    return module
