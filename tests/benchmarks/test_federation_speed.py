"""The federation on the embedded base, beside plain transformers and PEFT in the same process."""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path

import pytest

pytest.importorskip("torch")

from rmnctl.federation import (
    FederationConfig,
    LocalBackend,
    LoRAFederation,
    ModelsConfig,
    Request,
    Strategy,
    ensure_base,
)
from rmnctl.federation.models import load_models

pytestmark = [pytest.mark.bench, pytest.mark.slow]
REPEATS = int(os.environ.get("RMNCTL_BENCH_REPEATS", "5"))
THREADS = int(os.environ.get("RMNCTL_BENCH_THREADS", "1"))
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
    from tests.federation.tiny import ALL, save_adapter

    folder = tmp_path_factory.mktemp("adapters")
    two = ("q_proj", "v_proj")
    save_adapter(base, folder / "industry", "industry", rank=16, seed=1, scale=0.01)
    save_adapter(
        base, folder / "alpha", "retailer", rank=16, seed=2, rslora=True, scale=0.01,
        retailer_id="alpha",
    )  # fmt: skip
    save_adapter(
        base, folder / "brand", "manufacturer", rank=8, seed=3, scale=0.01, brand_id="brand_x"
    )
    save_adapter(
        base, folder / "task", "task", rank=8, seed=4, modules=two, scale=0.01, task="planning"
    )
    assert len(ALL) == 7
    return folder


def federation(base, adapters, **more):
    backend = LocalBackend(threads=THREADS, dtype=more.pop("dtype", None))
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


def test_time_per_token_with_and_without_adapters(base, adapters):
    """Decode time per token: base, additive, merged; in turns, so that noise hits all alike."""
    cases = {
        "base": (federation(base, adapters), ()),
        "additive": (federation(base, adapters), None),
        "merged": (federation(base, adapters, strategy=Strategy.MERGED), None),
        "merged to rank 8": (federation(base, adapters, strategy=Strategy.MERGED, rank=8), None),
    }
    taken = {name: [] for name in cases}
    for _ in range(REPEATS):
        for name, (opened, force) in cases.items():
            answer = opened.infer(PROMPT, *LAYERS, max_new_tokens=32, force_adapters=force)
            taken[name].append(answer.latency["decode_ms"] / max(answer.completion_tokens - 1, 1))
    best = {name: min(times) for name, times in taken.items()}
    print("\nms per token, single stream, best of", REPEATS)  # noqa: T201
    for name, ms in best.items():
        print(f"  {name:<18} {ms:6.1f}  {ms / best['base'] - 1:+.0%}")  # noqa: T201
    assert best["additive"] <= 1.45 * best["base"]


def test_throughput_beside_transformers_generate(base):
    """Tokens a second of the bare base, batches of 1 and 16, beside `generate` on one model."""
    import torch

    for dtype in ("float32", "bfloat16"):
        opened = federation(base, Path("no-adapters"), dtype=dtype)
        engine = opened.engine
        for rows in (1, 16):
            prompts = [f"{PROMPT} Case {n}." for n in range(rows)]
            asked = [Request(p, max_new_tokens=48, force_adapters=()) for p in prompts]
            ours, theirs = [], []
            for _ in range(REPEATS):
                started = time.perf_counter()
                answers = opened.infer_batch(asked)
                ours.append(
                    sum(a.completion_tokens for a in answers) / (time.perf_counter() - started)
                )
                theirs.append(_plain_generate(torch, engine, prompts))
            print(  # noqa: T201
                f"\n{dtype}, batch {rows}: rmnctl {max(ours):.0f} tokens/s, transformers.generate "
                f"{max(theirs):.0f} tokens/s, ratio {max(ours) / max(theirs):.2f}"
            )


def _plain_generate(torch, engine, prompts):
    from rmnctl.federation.chat import messages_for, render

    started = time.perf_counter()
    engine.tokenizer.padding_side = "left"
    texts = [render(engine.tokenizer, messages_for(p)) for p in prompts]
    encoded = engine.tokenizer(texts, return_tensors="pt", padding=True, add_special_tokens=False)
    with engine.adapted.using(None) as model:
        out = model.generate(**encoded, max_new_tokens=48, do_sample=False)
    new = out[:, encoded["input_ids"].shape[1] :]
    tokens = int((new != engine.tokenizer.pad_token_id).sum())
    del torch
    return tokens / (time.perf_counter() - started)
