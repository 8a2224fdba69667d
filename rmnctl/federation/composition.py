"""Several adapters as one: stacked factors, whose product is exactly the sum of the deltas.

With scalings s and weights w, sum_i w_i s_i B_i A_i = [B_1 … B_n] · [w_1 s_1 A_1; …; w_n s_n A_n].
Ranks and modules may differ. PEFT's own `cat` keeps the first adapter's rsLoRA flag and is then
wrong by sqrt(rank); here scalings are folded into A, so there is nothing left to get wrong.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rmnctl.config import fingerprint_of
from rmnctl.errors import InputError
from rmnctl.federation.card import WEIGHTS_NAME
from rmnctl.federation.config import Strategy
from rmnctl.federation.heavy import need
from rmnctl.federation.registry import PREFIX, Adapter, stamp_of
from rmnctl.federation.weights import read_header

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Pair:
    """One layer's change: W + up · down.

    Attributes:
        down: A, (rank, in).
        up: B, (out, rank).
    """

    down: torch.Tensor
    up: torch.Tensor

    @property
    def bytes(self) -> int:
        """Size in memory."""
        return int(self.down.nbytes + self.up.nbytes)


@dataclass(frozen=True)
class Recipe:
    """What decides a composition, before any tensor is read.

    Attributes:
        base_sha256: The base's digest.
        adapters: In order.
        weights: One for each.
        strategy: How they are put together.
        rank: Of the re-compression, or None.
        tenant: For whom.
        dtype: Of the tensors in memory, and where they lie.
    """

    base_sha256: str
    adapters: tuple[Adapter, ...]
    weights: tuple[float, ...]
    strategy: Strategy
    rank: int | None
    tenant: str
    dtype: str

    @cached_property
    def key(self) -> str:
        """The cache key; two recipes share it only if they are alike in everything."""
        found = fingerprint_of(
            {
                "base": self.base_sha256,
                "adapters": [a.digest for a in self.adapters],
                "weights": list(self.weights),
                "strategy": self.strategy.value,
                "rank": self.rank,
                "tenant": self.tenant,
                "dtype": self.dtype,
            }
        )
        return found.removeprefix("sha256:")


@dataclass(frozen=True)
class Composition:
    """Adapters as one, ready to be installed into the base.

    Attributes:
        recipe: What it was made from.
        pairs: Low-rank changes by module.
        folded: Whole changed weights by module, (out, in); strategy merged without a rank.
        retained: Share of the deltas' energy (squared Frobenius norm) that was kept; 1 is exact.
    """

    recipe: Recipe
    pairs: Mapping[str, Pair] = field(default_factory=dict)
    folded: Mapping[str, torch.Tensor] = field(default_factory=dict)
    retained: float = 1.0

    @property
    def key(self) -> str:
        """Identity; that of its recipe."""
        return self.recipe.key

    @cached_property
    def rank(self) -> int:
        """Largest rank of a layer; 0 where nothing is low-rank."""
        return max((p.down.shape[0] for p in self.pairs.values()), default=0)

    @cached_property
    def bytes(self) -> int:
        """Size in memory."""
        folded = sum(int(t.nbytes) for t in self.folded.values())
        return folded + sum(p.bytes for p in self.pairs.values())


def read_pairs(adapter: Adapter) -> dict[str, Pair]:
    """An adapter's factors as stored, by module; unscaled, on the CPU.

    The file is digested again where its size, time or inode are not what they were when it was
    registered, so that what is composed is what was registered.

    Raises:
        InputError: The file is gone or was altered.
    """
    torch = need("torch")
    path = adapter.folder / WEIGHTS_NAME
    before = stamp_of(path)
    header = read_header(path)
    data = bytearray(path.read_bytes())
    trusted = before == adapter.stamp == stamp_of(path)
    if not trusted and hashlib.sha256(data).hexdigest() != adapter.card.files[WEIGHTS_NAME]:
        raise InputError(
            f"{path} was altered after it was registered.", hint="Copy the adapter again."
        )
    types = {
        "F64": torch.float64,
        "F32": torch.float32,
        "F16": torch.float16,
        "BF16": torch.bfloat16,
    }

    def half(module: str, name: str) -> Any:
        found = header[f"{PREFIX}{module}.lora_{name}.weight"]
        return torch.frombuffer(
            data, dtype=types[found.dtype], count=math.prod(found.shape), offset=found.start
        ).view(found.shape)

    return {m: Pair(half(m, "A"), half(m, "B")) for m in adapter.modules}


def stack(
    parts: Sequence[tuple[Mapping[str, Pair], float]], *, dtype: torch.dtype, device: Any = "cpu"
) -> dict[str, Pair]:
    """Concatenate factors, with their factors folded into A.

    Args:
        parts: Factors by module, and weight times scaling, of each adapter in order.
        dtype: Of the result.
        device: Where it lies.
    """
    torch = need("torch")
    ranks: dict[str, list[tuple[Pair, float]]] = {}
    for pairs, factor in parts:
        for module, pair in pairs.items():
            ranks.setdefault(module, []).append((pair, factor))
    stacked = {}
    for module, found in ranks.items():
        down = torch.cat([p.down for p, _ in found]).float()
        start = 0
        for pair, factor in found:
            stop = start + pair.down.shape[0]
            if factor != 1:
                down[start:stop] *= factor
            start = stop
        up = torch.cat([p.up for p, _ in found], dim=1)
        stacked[module] = Pair(down.to(device, dtype), up.to(device, dtype))
    return stacked


def recompress(pairs: Mapping[str, Pair], rank: int) -> tuple[dict[str, Pair], float]:
    """The nearest changes of a lower rank, by singular values (Eckart and Young).

    B and Aᵀ are reduced by QR first, so that only rank x rank matrices are decomposed.

    Returns:
        The factors, and the share of energy kept, over all modules.
    """
    torch = need("torch")
    kept = total = 0.0
    smaller = {}
    for module, pair in pairs.items():
        up, down = pair.up.double(), pair.down.double()
        qb, rb = torch.linalg.qr(up)
        qa, ra = torch.linalg.qr(down.T)
        u, s, vt = torch.linalg.svd(rb @ ra.T)
        root = s[:rank].sqrt()
        total += float(s.square().sum())
        kept += float(s[:rank].square().sum())
        smaller[module] = Pair(
            ((root[:, None] * vt[:rank]) @ qa.T).to(pair.down.dtype).contiguous(),
            ((qb @ u[:, :rank]) * root).to(pair.up.dtype).contiguous(),
        )
    return smaller, kept / total if total else 1.0


def compose(
    recipe: Recipe,
    *,
    dtype: torch.dtype,
    device: Any = "cpu",
    base_weights: Mapping[str, torch.Tensor] | None = None,
) -> Composition:
    """Read adapters and put them together.

    Args:
        recipe: Which and how.
        dtype: Of the result.
        device: Where it lies.
        base_weights: The base's weights by module; needed to fold (merged without a rank).

    Raises:
        InputError: An adapter's file is gone or was altered.
    """
    factors = [w * a.scaling for a, w in zip(recipe.adapters, recipe.weights, strict=True)]
    parts = [(read_pairs(a), f) for a, f in zip(recipe.adapters, factors, strict=True)]
    if recipe.strategy is not Strategy.MERGED:
        return Composition(recipe, stack(parts, dtype=dtype, device=device))
    torch = need("torch")
    pairs = stack(parts, dtype=torch.float32, device=device)
    if recipe.rank is not None:
        smaller, retained = recompress(pairs, recipe.rank)
        cast = {m: Pair(p.down.to(dtype), p.up.to(dtype)) for m, p in smaller.items()}
        return Composition(recipe, cast, retained=retained)
    weights = base_weights or {}
    folded = {m: torch.addmm(weights[m].float(), p.up, p.down).to(dtype) for m, p in pairs.items()}
    return Composition(recipe, folded=folded)


def interference(adapters: Sequence[Adapter]) -> dict[tuple[str, str], float]:
    """Cosine between the deltas of each two adapters, over all modules.

    Near 0 they hardly meet; near 1 or -1 they add to or cancel each other. Never forms a delta:
    <B₁A₁, B₂A₂> = sum((B₁ᵀB₂) ∘ (A₁A₂ᵀ)).
    """
    pairs = {a.id: read_pairs(a) for a in adapters}

    def inner(one: Mapping[str, Pair], two: Mapping[str, Pair]) -> float:
        return sum(
            float(
                (
                    (one[m].up.double().T @ two[m].up.double())
                    * (one[m].down.double() @ two[m].down.double().T)
                ).sum()
            )
            for m in one.keys() & two.keys()
        )

    norms = {name: inner(p, p) ** 0.5 for name, p in pairs.items()}
    names = list(pairs)
    return {
        (a, b): inner(pairs[a], pairs[b]) / (norms[a] * norms[b]) if norms[a] * norms[b] else 0.0
        for i, a in enumerate(names)
        for b in names[i + 1 :]
    }
