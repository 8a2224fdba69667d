"""The shipped packs, and a short way to check a copy."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rmnctl.compliance import Checked, Copy, Engine, parse_line

PACKS = Path(__file__).parent.parent.parent / "configs" / "compliance"


@pytest.fixture(scope="session")
def engine() -> Engine:
    """An engine on the shipped packs."""
    return Engine.load(PACKS)


Check = Callable[..., Checked]


@pytest.fixture(scope="session")
def check(engine: Engine) -> Check:
    """Check one copy; keywords are facts, with a brand, category and locale unless given."""

    def work(copy: str, platform: str = "any", element: str = "headline", **facts: Any) -> Checked:
        context = {"locale": "en-US", "category": "home", "brand": "Norvik"} | facts
        known = {k: v for k, v in context.items() if v is not None}
        line = {"id": 1, "platform": platform, "element": element, "context": known, "copy": copy}
        parsed = parse_line(json.dumps(line))
        assert isinstance(parsed, Copy), parsed
        return engine.check(parsed)

    return work
