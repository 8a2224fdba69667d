"""The base model with one composition at a time, swapped by pointers between requests."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn
from torch.nn import functional

from rmnctl.errors import Failure
from rmnctl.federation.composition import Composition, Pair


class AdaptedLinear(nn.Module):
    """A linear layer that may carry a change: x·Wᵀ + (x·downᵀ)·upᵀ, or another W."""

    def __init__(self, linear: nn.Linear) -> None:
        """Wrap a layer; its parameters are shared, not copied."""
        super().__init__()
        self.weight = linear.weight
        self.bias = linear.bias
        self.in_features, self.out_features = linear.in_features, linear.out_features
        self.pair: Pair | None = None
        self.folded: torch.Tensor | None = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Apply to (…, in); gives (…, out)."""
        weight = self.weight if self.folded is None else self.folded
        out = functional.linear(x, weight, self.bias)
        if self.pair is None:
            return out
        flat = functional.linear(x, self.pair.down).view(-1, self.pair.down.shape[0])
        return out.view(-1, self.out_features).addmm_(flat, self.pair.up.T).view(out.shape)


class AdaptedModel:
    """A base model whose linear layers take a composition.

    One request runs at a time. Installing sets pointers (nothing is copied, no weight of the base
    is ever written), and leaving checks that nobody has swapped them meanwhile.
    """

    def __init__(self, model: nn.Module) -> None:
        """Take over a model; layers are wrapped when a composition first changes them."""
        self.model = model.eval().requires_grad_(requires_grad=False)
        self._layers: dict[str, AdaptedLinear] = {}
        self._changed: list[AdaptedLinear] = []
        self._installed: str | None = None
        self._lock = threading.RLock()

    @property
    def installed(self) -> str | None:
        """Key of the composition in place, None for the bare base."""
        return self._installed

    def weight(self, module: str) -> torch.Tensor:
        """A layer's weight in the base."""
        return self.model.get_parameter(f"{module}.weight")

    @contextmanager
    def using(self, composition: Composition | None) -> Iterator[nn.Module]:
        """The model with this composition and nothing else, for the length of the block.

        Raises:
            Failure: Something else was installed before the block ended.
        """
        with self._lock, torch.inference_mode():
            self._install(composition)
            wanted = self._installed
            yield self.model
            if self._installed != wanted:
                raise Failure("The composition changed while a request was answered.")

    def _install(self, composition: Composition | None) -> None:
        key = composition.key if composition is not None else None
        if key == self._installed:
            return
        # Whatever happens from here on, a half-installed composition has no name.
        self._installed = "unfinished"
        for layer in self._changed:
            layer.pair = layer.folded = None
        self._changed = []
        if composition is not None:
            for module, pair in composition.pairs.items():
                layer = self._layer(module)
                layer.pair = pair
                self._changed.append(layer)
            for module, folded in composition.folded.items():
                layer = self._layer(module)
                layer.folded = folded
                self._changed.append(layer)
        self._installed = key

    def _layer(self, module: str) -> AdaptedLinear:
        if module not in self._layers:
            linear = self.model.get_submodule(module)
            if not isinstance(linear, nn.Linear):
                raise Failure(f"{module} of the base is no linear layer.")
            layer = AdaptedLinear(linear).eval()
            parent, _, name = module.rpartition(".")
            setattr(self.model.get_submodule(parent), name, layer)
            self._layers[module] = layer
        return self._layers[module]
