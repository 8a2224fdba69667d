"""The single looks that make up the preflight, each giving faults with file and line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rmnctl.errors import did_you_mean
from rmnctl.federation import AdapterType, Base
from rmnctl.training.coder import Coder, Example
from rmnctl.training.config import Source, TrainConfig
from rmnctl.training.faults import Fault
from rmnctl.training.rows import RowFile
from rmnctl.training.split import Split

#: A loss over fewer rows says nothing.
MIN_EVAL = 8


def check_settings(source: Source, base: Base, coder: Coder, quantizer: bool) -> list[Fault]:  # noqa: FBT001
    """Hold the configuration against the base: digest, modules, length, stop token.

    Args:
        source: The configuration.
        base: The base.
        coder: Its tokenizer.
        quantizer: Whether bitsandbytes is installed.
    """
    config, found = source.config, []

    def fault(code: str, field: tuple[str | int, ...], message: str) -> None:
        found.append(Fault(code, source.path, source.line(*field), message, config=True))

    if config.base_sha256 is not None and config.base_sha256 != base.sha256:
        fault(
            "WRONG_BASE",
            ("base_sha256",),
            f"base {base.name} has digest {base.sha256[:12]}…, not {config.base_sha256[:12]}…",
        )
    layers = {
        name.removesuffix(".weight").rpartition(".")[2]
        for name, shape in base.shapes().items()
        if len(shape) == 2 and "embed" not in name and "lm_head" not in name
    }
    for place, module in enumerate(config.lora.target_modules):
        if module not in layers:
            fault(
                "UNKNOWN_MODULE",
                ("lora", "target_modules", place),
                f"the base has no linear layer {module!r}. {did_you_mean(module, layers)}",
            )
    if config.optimiser.max_length > coder.context:
        fault(
            "TOO_LONG",
            ("optimiser", "max_length"),
            f"the base takes {coder.context} tokens at most",
        )
    if coder.stop is None:
        fault(
            "NO_STOP",
            ("base",),
            f"the chat template of {base.name} ends an answer with no token at which inference "
            "stops: the adapter would never learn to stop",
        )
    if config.quantization == "nf4" and not quantizer:
        fault("NO_QUANTIZER", ("quantization",), "nf4 needs the package bitsandbytes")
    return found


def check_split(source: Source, train: RowFile, held: RowFile | None, split: Split) -> list[Fault]:
    """Whether there is enough to learn from and to judge by, and the two are apart."""
    config, found = source.config, []
    if len(split.eval) < MIN_EVAL and not (held or train).faults:
        key = "eval" if held else "eval_share"
        found.append(
            Fault(
                "EVAL_TOO_SMALL",
                source.path,
                source.line("data", key),
                f"{len(split.eval)} rows to judge by; at least {MIN_EVAL} are needed",
                config=True,
            )
        )
    if not split.train and train.rows:
        field = ("audit", "membership") if config.audit.membership else ("data",)
        message = "no row is left to train on"
        found.append(Fault("NOTHING_LEFT", source.path, source.line(*field), message, config=True))
    if held is None:
        return found
    known = {row.key: row.line for row in train.rows}
    found += [
        Fault(
            "EVAL_IN_TRAIN",
            held.path,
            row.line,
            f"the same conversation is line {known[row.key]} of {train.path}",
        )
        for row in held.rows
        if row.key in known
    ]
    return found


def check_tenant(config: TrainConfig, file: RowFile) -> list[Fault]:
    """Rows that this adapter may not learn: another brand's, another retailer's, any brand's."""
    own, kind = config.adapter, config.adapter.adapter_type
    found = []
    for row in file.rows:
        brand, retailer = row.labels.get("brand_id"), row.labels.get("retailer_id")
        if brand is not None and brand != own.brand_id:
            whose = f"of brand {own.brand_id}" if own.brand_id else "for all brands"
            message = f"a row of another brand; this adapter is {whose}"
            found.append(Fault("OTHER_TENANT", file.path, row.line, message))
        elif retailer is not None and kind is AdapterType.RETAILER and retailer != own.retailer_id:
            message = f"a row of another retailer; this adapter is of {own.retailer_id}"
            found.append(Fault("OTHER_TENANT", file.path, row.line, message))
    return found


def check_content(
    coder: Coder, examples: Sequence[Example], path: Path, max_length: int
) -> tuple[list[Fault], list[Fault]]:
    """Lengths and control tokens; remarks on what is rendered unlike requests, and on twins.

    Returns:
        Faults, and remarks.
    """
    faults: list[Fault] = []
    remarks: list[Fault] = []
    seen: dict[str, int] = {}
    unlike: list[int] = []
    for example in examples:
        row = example.row
        said = [{"content": row.answer}, {"content": row.rejected or ""}]
        if coder.held_controls([*row.prompt, *said]):
            message = "content holds the text of a control token of the base"
            faults.append(Fault("CONTROL_TOKEN", path, row.line, message))
        if len(example.prompt) >= max_length:
            message = f"the prompt alone has {len(example.prompt)} tokens of {max_length}: nothing would be learned"
            faults.append(Fault("ALL_MASKED", path, row.line, message))
        elif example.length > max_length:
            message = f"{example.length} tokens of {max_length}: the answer would be cut"
            faults.append(Fault("ANSWER_CUT", path, row.line, message))
        if row.prompt[0]["role"] != "system":
            unlike.append(row.line)
        if row.key in seen:
            message = f"the same conversation as line {seen[row.key]}"
            remarks.append(Fault("TWIN", path, row.line, message))
        seen.setdefault(row.key, row.line)
    if unlike:
        message = (
            f"{len(unlike)} rows have no system message; requests have one (messages_for), and the "
            "chat template may put in its own"
        )
        remarks.append(Fault("NO_SYSTEM", path, unlike[0], message))
    return faults, remarks
