"""The forward pass of training, without work that changes nothing.

TRL asks a model for the log-probabilities of its labels (`fused_lm_head=True`) and, without a GPU,
computes the scores of all words at every position, twice. Here only positions with a label are
scored, and what all conversations of a batch begin with alike (system message, tools) is read once:
with causal attention, keys and values of a common beginning are the same for every row.
"""

from __future__ import annotations

from types import MethodType
from typing import Any

import torch
from torch.nn import functional
from trl.trainer.utils import FusedCausalLMOutput

#: Shorter beginnings are not worth a pass of their own.
MIN_SHARED = 12
#: Settings of bases whose scores are not just a product with the words' vectors.
_BENT = (
    "final_logit_softcapping", "logit_scale", "output_multiplier", "lm_head_multiplier",
    "logits_scaling", "output_router_logits",
)  # fmt: skip
#: What TRL and PEFT hand down for a plain batch; anything else is left to TRL's own pass.
_KNOWN = {"input_ids", "attention_mask", "labels", "fused_lm_head", "use_cache", "return_dict"}


def shared_length(ids: torch.Tensor, labels: torch.Tensor) -> int:
    """How many tokens all rows begin with alike, and none has a label in or right behind.

    Args:
        ids: Tokens, (rows, length).
        labels: -100 where there is no label, (rows, length).
    """
    if ids.shape[0] < 2:
        return 0
    alike = (ids == ids[:1]).all(0) & (labels == -100).all(0)
    found = int(alike.long().cumprod(0).sum())
    # The last shared position must not predict a label of the rest.
    return found - 1 if found < ids.shape[1] and found else 0


def _begin_alike(backbone: Any, ids: torch.Tensor, shared: int) -> Any:
    """Keys and values of the common beginning, for all rows; None where the base keeps others."""
    from transformers.cache_utils import DynamicCache, DynamicLayer

    cache = DynamicCache()
    cache = backbone(
        input_ids=ids[:1, :shared], past_key_values=cache, use_cache=True
    ).past_key_values
    if not all(type(layer) is DynamicLayer for layer in cache.layers):
        return None
    cache.batch_repeat_interleave(ids.shape[0])
    return cache


def _hidden(backbone: Any, inputs: dict[str, Any], labels: torch.Tensor) -> tuple[Any, int]:
    """Last hidden states, and how many positions were left out in front of them."""
    ids = inputs["input_ids"]
    shared = shared_length(ids, labels)
    if shared >= MIN_SHARED:
        cache = _begin_alike(backbone, ids, shared)
        if cache is not None:
            rest = inputs | {"input_ids": ids[:, shared:]}
            out = backbone(**rest, past_key_values=cache, use_cache=True)
            return out.last_hidden_state, shared
    return backbone(**inputs, use_cache=False).last_hidden_state, 0


def _score(self: Any, inputs: dict[str, Any], labels: torch.Tensor) -> FusedCausalLMOutput:
    hidden, left_out = _hidden(self.base_model, inputs, labels)
    goal = labels[:, left_out + 1 :]
    mask = goal != -100
    logits = self.get_output_embeddings()(hidden[:, :-1][mask]).float()
    wanted = goal[mask]
    found = -functional.cross_entropy(logits, wanted, reduction="none")
    with torch.no_grad():
        best = logits.argmax(-1) == wanted

    def spread(values: torch.Tensor) -> torch.Tensor:
        return values.new_zeros(mask.shape).masked_scatter(mask, values)

    log_probs = spread(found)
    return FusedCausalLMOutput(
        loss=-log_probs.sum() / mask.sum().clamp(min=1),
        log_probs=log_probs,
        # TRL only logs it.
        entropy=torch.zeros_like(log_probs),
        is_top1=spread(best.to(log_probs.dtype)),
        label_mask=mask,
    )


def score_answers_only(model: Any) -> None:
    """Give a causal language model this forward pass for `fused_lm_head=True`; others stay.

    Bases that bend their scores (soft caps, scales, experts) keep TRL's own.

    Args:
        model: Without PEFT's wrapper.
    """
    settings = model.config.get_text_config()
    if any(getattr(settings, name, None) for name in _BENT):
        return
    plain = model.forward

    def forward(self: Any, *args: Any, **inputs: Any) -> Any:
        asked = inputs.get("fused_lm_head")
        given = {k: v for k, v in inputs.items() if v is not None}
        if args or not asked or not set(given) <= _KNOWN:
            return plain(*args, **inputs)
        kept = {k: v for k, v in given.items() if k in {"input_ids", "attention_mask"}}
        return _score(self, kept, given["labels"])

    model.forward = MethodType(forward, model)
