"""LoRA adapters over a base language model: registry, selection, exact composition, inference.

Nothing here loads torch before a model is needed: listing, checking and selecting adapters works
without the extra `llm`.
"""

from rmnctl.federation.base import Base, ensure_base
from rmnctl.federation.calibration import Calibration, calibrate
from rmnctl.federation.card import CARD_SCHEMA, AdapterType, BaseRef, Card, Parent, digest_of
from rmnctl.federation.config import FederationConfig, LocalBackend, OpenAIBackend, Strategy
from rmnctl.federation.engine import Sampling
from rmnctl.federation.federation import LoRAFederation
from rmnctl.federation.models import ModelsConfig
from rmnctl.federation.registry import Adapter, Registry
from rmnctl.federation.requests import Inference, Request
from rmnctl.federation.selection import Layer, Selection, select
from rmnctl.federation.tools import Tool, ToolCall

__all__ = [
    "CARD_SCHEMA",
    "Adapter",
    "AdapterType",
    "Base",
    "BaseRef",
    "Calibration",
    "Card",
    "FederationConfig",
    "Inference",
    "Layer",
    "LoRAFederation",
    "LocalBackend",
    "ModelsConfig",
    "OpenAIBackend",
    "Parent",
    "Registry",
    "Request",
    "Sampling",
    "Selection",
    "Strategy",
    "Tool",
    "ToolCall",
    "calibrate",
    "digest_of",
    "ensure_base",
    "select",
]
