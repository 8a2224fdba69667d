"""Typed, frozen configuration read from YAML, and the settings every command shares."""

from rmnctl.config.model import ConfigModel, canonical_json, fingerprint_of
from rmnctl.config.settings import Settings, load_settings
from rmnctl.config.yaml_file import Loaded, load_config, parse_overrides, read_yaml

__all__ = [
    "ConfigModel",
    "Loaded",
    "Settings",
    "canonical_json",
    "fingerprint_of",
    "load_config",
    "load_settings",
    "parse_overrides",
    "read_yaml",
]
