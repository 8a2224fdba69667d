"""No request is answered by another tenant's composition."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from rmnctl.errors import Failure
from rmnctl.federation.cache import CompositionCache
from tests.federation.tiny import open_federation

REQUESTS = 10_000
THREADS = 2
TENANTS = [(r, b) for r in ("alpha", "beta") for b in ("x", "y", "z", None)]
PROBE = torch.tensor([[5, 9, 17]])


def _fingerprint(federation, composition):
    """What the model says to a fixed text: differs between any two compositions."""
    with federation.engine.adapted.using(composition) as model:
        return tuple(model(PROBE).logits[0, -1].tolist())


@pytest.mark.slow
def test_ten_thousand_interleaved_requests_get_their_own_composition(base, adapters):
    """Eight tenants, two threads, a cache with room for two: no answer from a wrong one."""
    expected = {}
    for tenant in TENANTS:
        alone = open_federation(base, adapters)
        expected[tenant] = _fingerprint(alone, alone._composed("planning", *tenant, None)[0])
    assert len(set(expected.values())) == len(TENANTS)

    federation = open_federation(base, adapters)
    size = max(federation.compose("planning", *t).bytes for t in TENANTS)
    federation.cache = CompositionCache(int(2.5 * size))
    draw = random.Random(7)
    # Half in runs of one tenant, which hit the cache, half at random, which mostly evict.
    runs = [t for _ in range(REQUESTS // 8) for t in [draw.choice(TENANTS)] * 4]
    asked = runs + draw.choices(TENANTS, k=REQUESTS // 2)
    wrong, lock = [], threading.Lock()

    def answer(tenant):
        composition, record = federation._composed("planning", *tenant, None)
        said = _fingerprint(federation, composition)
        if said != expected[tenant] or record.tenant != f"{tenant[0]}/{tenant[1] or '-'}":
            with lock:
                wrong.append(tenant)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(answer, asked))
    cache = federation.cache
    assert (len(asked), wrong) == (REQUESTS, [])
    assert cache.evictions > 1000
    assert cache.hits > 1000
    assert cache.bytes <= 2.5 * size


def test_batched_answers_are_those_each_tenant_gets_alone(base, adapters):
    """Requests of all tenants in one batch, in any order, against one federation a tenant."""
    from rmnctl.federation import Request

    federation = open_federation(base, adapters)
    asked = [Request(p, "planning", *t, max_new_tokens=10) for p in ("a", "bcd") for t in TENANTS]
    together = federation.infer_batch(asked)
    for request, answer in zip(asked, together, strict=True):
        alone = open_federation(base, adapters).infer_batch([request])[0]
        assert (answer.text, answer.composition.key) == (alone.text, alone.composition.key)


def test_a_composition_swapped_under_a_request_is_noticed(federation):
    """Whoever answers under a composition hears that it was replaced meanwhile."""
    adapted = federation.engine.adapted
    one, _ = federation._composed("planning", "alpha", "x", None)
    two, _ = federation._composed("planning", "alpha", "y", None)
    with pytest.raises(Failure, match="changed while"), adapted.using(one), adapted.using(two):
        pass


def test_tenants_with_equal_layers_share_no_cache_entry(federation):
    """A brand without an adapter has the layers of no brand, but its own key."""
    one = federation.compose("planning", "alpha", "unheard_of")
    two = federation.compose("planning", "alpha", None)
    assert one.digests == two.digests
    assert one.key != two.key


def test_the_cache_keeps_within_its_bytes_and_drops_the_oldest(federation):
    """Least recently used goes first; what is larger than the cache is not kept."""
    made = [federation._composed("planning", "alpha", b, None)[0] for b in ("x", "y", "z")]
    cache = CompositionCache(made[0].bytes + made[1].bytes)
    for composition in (made[0], made[1], made[0], made[2]):
        cache.get(composition.key, lambda c=composition: c)
    assert cache.get(made[0].key, lambda: pytest.fail("was dropped"))[1] is True
    assert cache.get(made[1].key, lambda: made[1])[1] is False
    small = CompositionCache(10)
    assert small.get(made[0].key, lambda: made[0]) == (made[0], False)
    assert (len(small), small.bytes) == (0, 0)


def test_a_cache_refuses_what_was_made_under_another_key(federation):
    """A mix-up between key and content cannot be stored."""
    made = federation._composed("planning", "alpha", "x", None)[0]
    with pytest.raises(ValueError, match="another's key"):
        CompositionCache(10**9).get("0" * 64, lambda: made)
