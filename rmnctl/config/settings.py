"""Settings that every command shares, and where each value came from.

Precedence: flag > `RMNCTL_*` environment variable > `rmnctl.yaml` in the working directory >
the user's own file > built-in default.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from rmnctl.config.model import ConfigModel
from rmnctl.config.yaml_file import read_yaml, validate

PROJECT_FILE = Path("rmnctl.yaml")
ENVIRONMENT_PREFIX = "RMNCTL_"


class Settings(ConfigModel):
    """How commands run on this machine; nothing here changes a result."""

    runs: Path = Field(Path("runs"), description="Folder that holds the run folders.")
    json_output: bool = Field(False, alias="json", description="Print one JSON document.")
    threads: int = Field(
        default_factory=lambda: os.cpu_count() or 1, ge=1, description="Worker threads."
    )
    cache: Path | None = Field(
        None, description="Folder of pulled base models; null: the user's cache folder."
    )
    memory_mb: int = Field(650, ge=200, description="Memory the query engine may use, MB.")


def user_file() -> Path:
    """The user's own settings file, in the platform's configuration folder."""
    from platformdirs import user_config_path

    return user_config_path("rmnctl") / "config.yaml"


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    found = {}
    for name, field in Settings.model_fields.items():
        key = field.alias or name
        text = environment.get(ENVIRONMENT_PREFIX + key.upper())
        if text is not None:
            found[key] = text
    return found


def load_settings(
    flags: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None
) -> tuple[Settings, dict[str, str]]:
    """Merge all sources.

    Args:
        flags: Values given on the command line, by key; None values are ignored.
        environment: The process environment unless given.

    Returns:
        The settings, and for each key the name of the source its value came from.

    Raises:
        ConfigError: A settings file is malformed or a value is out of range.
    """
    merged: dict[str, Any] = {}
    aliases = {name: field.alias or name for name, field in Settings.model_fields.items()}
    origin = dict.fromkeys(aliases.values(), "default")
    for path in (user_file(), PROJECT_FILE):
        if path.is_file():
            data, lines = read_yaml(path)
            validate(Settings, data or {}, path=path, lines=lines)
            # A field may be called by its own name; sources must agree on one to override.
            found = {aliases.get(key, key): value for key, value in (data or {}).items()}
            merged.update(found)
            origin.update(dict.fromkeys(found, str(path)))
    from_environment = _from_environment(os.environ if environment is None else environment)
    validate(Settings, from_environment, path=f"environment ({ENVIRONMENT_PREFIX}<KEY>)")
    merged.update(from_environment)
    origin.update({k: ENVIRONMENT_PREFIX + k.upper() for k in from_environment})
    given = {k: v for k, v in (flags or {}).items() if v is not None}
    merged.update(given)
    origin.update(dict.fromkeys(given, "flag"))
    return validate(Settings, merged), origin
