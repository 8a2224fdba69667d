"""The finished adapter from whose weights a training goes on, instead of from nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rmnctl.errors import InputError, RmnctlError
from rmnctl.federation import Adapter, Base
from rmnctl.federation.card import WEIGHTS_NAME, read_card
from rmnctl.federation.heavy import need
from rmnctl.federation.registry import check_adapter
from rmnctl.training.config import Source, TrainConfig
from rmnctl.training.faults import Fault


def find_start(
    source: Source, base: Base, parents: Sequence[Adapter]
) -> tuple[Adapter | None, list[Fault]]:
    """The adapter to go on from, where the configuration names one.

    Args:
        source: The configuration.
        base: What both stand on.
        parents: The frozen layers in between.

    Returns:
        The adapter, and what is wrong with it.
    """
    folder = source.config.start
    if folder is None:
        return None, []
    try:
        card = read_card(folder)
        start = check_adapter(folder, card, base.name, base.sha256, base.shapes())
        _check(start, source.config, base, parents)
    except RmnctlError as error:
        message = f"start {folder}: {error.message}"
        return None, [Fault("BAD_START", source.path, source.line("start"), message, config=True)]
    return start, []


def _check(start: Adapter, config: TrainConfig, base: Base, parents: Sequence[Adapter]) -> None:
    card, own, lora = start.card, config.adapter, config.lora
    if (card.brand_id, card.retailer_id) != (own.brand_id, own.retailer_id):
        raise InputError("it belongs to someone else than the adapter to be trained.")
    if [p.sha256 for p in card.parents] != [p.digest for p in parents]:
        raise InputError("it stands on other adapters than on_top_of names.")
    scaling = lora.alpha / (lora.rank**0.5 if lora.rslora else lora.rank)
    if card.rank != lora.rank or abs(start.scaling - scaling) > _ROUNDING:
        raise InputError("it has another rank or alpha.")
    wanted = {
        module
        for module in (name.removesuffix(".weight") for name in base.shapes())
        if module.rpartition(".")[2] in lora.target_modules
        and (lora.blocks is None or any(f".{block}." in module for block in lora.blocks))
    }
    if set(start.modules) != wanted:
        raise InputError("it changes other layers than target_modules and layers name.")


_ROUNDING = 1e-9


def begin_from(model: Any, start: Adapter) -> None:
    """Copy an adapter's weights into a new one of the same form.

    Args:
        model: PEFT's, with the new adapter.
        start: Where it begins; of the same form, as `find_start` sees to.
    """
    with need("safetensors").safe_open(start.folder / WEIGHTS_NAME, "pt") as stored:
        for name, parameter in model.named_parameters():
            if ".lora_" in name:
                parameter.data.copy_(stored.get_tensor(name.replace(".default.", ".")))
