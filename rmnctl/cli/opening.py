"""Turning a command's options into the configuration its workflow takes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rmnctl.config import Loaded, Settings, load_config
from rmnctl.errors import ConfigError
from rmnctl.harmonization import HarmonizeConfig
from rmnctl.runs import resolve


def harmonize_request(
    config: Path | None,
    replay: str | None,
    mended: Path | None,
    settings: Settings,
    overrides: Sequence[str],
) -> Loaded[HarmonizeConfig]:
    """The configuration of a harmonize call; a replay takes that of the run it replays.

    Raises:
        ConfigError: Neither a configuration nor a run to replay was named.
        RunError: The run to replay cannot be used.
    """
    if replay is not None:
        folder, manifest = resolve(settings.runs, replay, "harmonize")
        extra = [f"replay.run={manifest.run_id}"]
        if mended is not None:
            extra.append(f"replay.mended={mended}")
        loaded = load_config(
            HarmonizeConfig, config or folder / manifest.config.path, [*overrides, *extra]
        )
        return Loaded(loaded.model, config, tuple(overrides))
    if config is None:
        raise ConfigError(
            "harmonize needs a configuration.",
            hint="rmnctl harmonize -c configs/harmonize/demo.yaml",
        )
    return load_config(HarmonizeConfig, config, overrides)
