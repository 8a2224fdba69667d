"""The finished adapter from whose weights a training goes on, instead of from nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rmnctl.errors import InputError, RmnctlError
from rmnctl.federation import Adapter, Base
from rmnctl.federation.card import WEIGHTS_NAME, read_card
from rmnctl.federation.heavy import need
from rmnctl.federation.peft_config import read_peft_config
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
        _check(start, source.config, parents)
    except RmnctlError as error:
        message = f"start {folder}: {error.message}"
        return None, [Fault("BAD_START", source.path, source.line("start"), message, config=True)]
    return start, []


def _check(start: Adapter, config: TrainConfig, parents: Sequence[Adapter]) -> None:
    card, own, lora = start.card, config.adapter, config.lora
    if (card.brand_id, card.retailer_id) != (own.brand_id, own.retailer_id):
        raise InputError("it belongs to someone else than the adapter to be trained.")
    if [p.sha256 for p in card.parents] != [p.digest for p in parents]:
        raise InputError("it stands on other adapters than on_top_of names.")
    settings = read_peft_config(start.folder)
    modules = {m.rpartition(".")[2] for m in start.modules}
    blocks = {int(part) for m in start.modules for part in m.split(".") if part.isdigit()}
    wanted = lora.alpha / (lora.rank**0.5 if lora.rslora else lora.rank)
    same = settings.rank == lora.rank and abs(settings.scaling - wanted) < 1e-9
    if not same or modules != set(lora.target_modules):
        raise InputError("it has another rank, alpha or target_modules.")
    if lora.blocks is not None and blocks != set(lora.blocks):
        raise InputError("it changes other layers.")


def begin_from(model: Any, start: Adapter) -> None:
    """Copy an adapter's weights into a new one of the same form.

    Args:
        model: PEFT's, with the new adapter.
        start: Where it begins.

    Raises:
        InputError: The new adapter has a layer that the other has not.
    """
    with need("safetensors").safe_open(start.folder / WEIGHTS_NAME, "pt") as stored:
        known = set(stored.keys())
        for name, parameter in model.named_parameters():
            if ".lora_" not in name:
                continue
            plain = name.replace(".default.", ".")
            if plain not in known:
                raise InputError(f"{start.folder} has no {plain}: it changes other layers.")
            parameter.data.copy_(stored.get_tensor(plain))
