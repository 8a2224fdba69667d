"""The federation on the embedded base, beside plain transformers in the same process.

Everything runs on one thread and is measured in that thread's CPU time, in turns, so that a busy
machine disturbs ratios as little as it can.
"""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, Field

pytest.importorskip("torch")

from rmnctl.federation import (
    FederationConfig,
    LocalBackend,
    LoRAFederation,
    ModelsConfig,
    Request,
    Strategy,
    Tool,
    ensure_base,
)
from rmnctl.federation.models import load_models

pytestmark = [pytest.mark.bench, pytest.mark.slow]
REPEATS = int(os.environ.get("RMNCTL_BENCH_REPEATS", "3"))
LAYERS = ("planning", "alpha", "brand_x")
PROMPT = "Plan 50,000 USD for the brand over four weeks on two networks, and say why."


@pytest.fixture(scope="module")
def base():
    """The embedded base."""
    models: ModelsConfig = load_models(Path("configs/models.yaml"))
    return ensure_base(models)


@pytest.fixture(scope="module")
def adapters(base, tmp_path_factory):
    """Four random adapters of ranks 16, 16, 8 and 8; three on all layers, one on two of seven."""
    import torch

    from tests.federation.tiny import save_adapter

    folder = tmp_path_factory.mktemp("adapters")
    two, half = ("q_proj", "v_proj"), torch.bfloat16
    save_adapter(base, folder / "industry", "industry", rank=16, seed=1, scale=0.01, dtype=half)
    save_adapter(
        base, folder / "alpha", "retailer", rank=16, seed=2, rslora=True, scale=0.01, dtype=half,
        retailer_id="alpha",
    )  # fmt: skip
    save_adapter(
        base,
        folder / "brand",
        "manufacturer",
        rank=8,
        seed=3,
        scale=0.01,
        dtype=half,
        brand_id="brand_x",
    )
    save_adapter(
        base,
        folder / "task",
        "task",
        rank=8,
        seed=4,
        modules=two,
        scale=0.01,
        dtype=half,
        task="planning",
    )
    return folder


def federation(base, adapters, **more):
    backend = LocalBackend(threads=1, dtype=more.pop("dtype", None))
    config = FederationConfig(adapters=adapters, backend=backend, cache_mb=2000, **more)
    return LoRAFederation(config, base=base)


def test_composing_four_adapters_cold_and_cached(base, adapters):
    """Cold below 100 ms, cached below 1 ms; medians."""
    opened = federation(base, adapters)
    opened.compose(*LAYERS)
    cold, cached = [], []
    for _ in range(REPEATS):
        opened.cache.clear()
        cold.append(opened.compose(*LAYERS).ms)
        cached += [opened.compose(*LAYERS).ms for _ in range(20)]
    record = opened.compose(*LAYERS)
    print(  # noqa: T201
        f"\ncompose 4 adapters, rank {record.rank}, {record.bytes / 1e6:.0f} MB: "
        f"cold {statistics.median(cold):.1f} ms, cached {statistics.median(cached):.3f} ms"
    )
    assert (statistics.median(cold) < 100, statistics.median(cached) < 1) == (True, True)


def _cpu(opened, tokens, force):
    started = time.thread_time()
    opened.infer(PROMPT, *LAYERS, max_new_tokens=tokens, force_adapters=force)
    return time.thread_time() - started


def test_time_per_token_with_and_without_adapters(base, adapters):
    """Additive at most 45 % above the bare base, merged at most 5 % and what noise adds."""
    additive = federation(base, adapters)
    merged = federation(base, adapters, strategy=Strategy.MERGED)
    smaller = federation(base, adapters, strategy=Strategy.MERGED, rank=8)
    cases = {
        "base": (additive, ()),
        "additive": (additive, None),
        "merged": (merged, None),
        "merged to rank 8": (smaller, None),
    }
    best = dict.fromkeys(cases, float("inf"))
    for opened, force in cases.values():
        _cpu(opened, 2, force)
    for _ in range(2 * REPEATS):
        for name, (opened, force) in cases.items():
            taken = (_cpu(opened, 18, force) - _cpu(opened, 2, force)) / 16
            best[name] = min(best[name], taken)
    print("\nCPU ms per token, single stream, best of", 2 * REPEATS)  # noqa: T201
    for name, seconds in best.items():
        print(f"  {name:<18} {1000 * seconds:6.1f}  {seconds / best['base'] - 1:+.0%}")  # noqa: T201
    assert best["additive"] <= 1.45 * best["base"]
    assert best["merged"] <= 1.1 * best["base"]


def test_throughput_beside_transformers_generate(base):
    """Tokens a CPU second of the bare base, in batches of 1 and 16, beside `generate`."""
    opened = federation(base, Path("no-adapters"))
    for rows in (1, 16):
        prompts = [f"{PROMPT} Case {n}." for n in range(rows)]
        asked = [Request(p, max_new_tokens=24, force_adapters=()) for p in prompts]
        ours, theirs = [], []
        for _ in range(REPEATS):
            started = time.thread_time()
            answers = opened.infer_batch(asked)
            taken = time.thread_time() - started
            ours.append(sum(a.completion_tokens for a in answers) / taken)
            theirs.append(_plain_generate(opened.engine, prompts))
        print(  # noqa: T201
            f"\nbatch {rows}: rmnctl {max(ours):.0f} tokens per CPU second, transformers.generate "
            f"{max(theirs):.0f}, ratio {max(ours) / max(theirs):.2f}"
        )
        assert max(ours) >= 0.9 * max(theirs)


class _Plan(BaseModel):
    budget: float = Field(ge=0)
    currency: Literal["USD", "EUR"]
    objective: Literal["incremental_margin", "incremental_revenue", "conversions"]
    retailers: list[Literal["alpha", "beta"]] = Field(max_length=2)


def test_what_a_grammar_costs_and_saves(base):
    """Less than half a millisecond a token for masks; forced tokens need no forward pass."""
    opened = federation(base, Path("no-adapters"))
    tool = Tool("plan", "Plan a budget.", _Plan)
    opened.infer(PROMPT, tools=[tool], max_new_tokens=96)
    answer = opened.infer(PROMPT, tools=[tool], max_new_tokens=96)
    each = answer.latency["grammar_ms"] / answer.completion_tokens
    print(  # noqa: T201
        f"\ntool call of {answer.completion_tokens} tokens: grammar {each:.2f} ms a token, decode "
        f"{answer.latency['decode_ms'] / answer.completion_tokens:.0f} ms a token"
    )
    assert each < 0.5


def _plain_generate(engine, prompts):
    from rmnctl.federation.chat import messages_for, render

    started = time.thread_time()
    engine.tokenizer.padding_side = "left"
    texts = [render(engine.tokenizer, messages_for(p)) for p in prompts]
    encoded = engine.tokenizer(texts, return_tensors="pt", padding=True, add_special_tokens=False)
    with engine.adapted.using(None) as model:
        out = model.generate(**encoded, max_new_tokens=24, do_sample=False)
    new = out[:, encoded["input_ids"].shape[1] :]
    tokens = int((new != engine.tokenizer.pad_token_id).sum())
    return tokens / (time.thread_time() - started)
