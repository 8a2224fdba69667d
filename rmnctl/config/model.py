"""The base class of every configuration, and the canonical form that is fingerprinted."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import BaseModel, ConfigDict


class ConfigModel(BaseModel):
    """A frozen configuration that refuses keys it does not know."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        populate_by_name=True,
        validate_default=True,
        # An error must never echo what was typed: it may be a secret or a data value.
        hide_input_in_errors=True,
    )

    def plain(self) -> dict[str, Any]:
        """The configuration as JSON-ready data under the names the YAML uses."""
        return self.model_dump(mode="json", by_alias=True)


def canonical_json(value: Any) -> str:
    """One text for one value: sorted keys, no whitespace, no NaN."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def fingerprint_of(value: Any) -> str:
    """sha256 of the canonical JSON of `value`, as `sha256:<hex>`."""
    return "sha256:" + hashlib.sha256(canonical_json(value).encode()).hexdigest()
