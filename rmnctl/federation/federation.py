"""The federation: one base, many adapters, each request under exactly its own composition."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from rmnctl.config import Settings
from rmnctl.config.yaml_file import validate
from rmnctl.errors import ConfigError, Failure
from rmnctl.federation.base import Base, ensure_base
from rmnctl.federation.cache import CompositionCache
from rmnctl.federation.chat import messages_for
from rmnctl.federation.composition import Composition, Recipe
from rmnctl.federation.config import FederationConfig, LocalBackend, Strategy
from rmnctl.federation.export import export
from rmnctl.federation.models import load_models
from rmnctl.federation.record import CompositionRecord
from rmnctl.federation.registry import Registry
from rmnctl.federation.requests import Inference, Open, Request, conclude, go_on, open_request
from rmnctl.federation.selection import Selection, check_parents, select
from rmnctl.federation.tools import Tool

if TYPE_CHECKING:
    from rmnctl.federation.engine import Ask, Engine
    from rmnctl.federation.grading import Grade
    from rmnctl.federation.local_engine import LocalEngine

_LOG_LENGTH = 100_000
_Scored = TypeVar("_Scored")


class LoRAFederation:
    """Composes adapters and answers with them.

    The base is loaded when the first token or tensor is needed; selecting needs no torch.
    """

    def __init__(
        self,
        config: FederationConfig,
        settings: Settings | None = None,
        *,
        base: Base | None = None,
        on_composition: Callable[[CompositionRecord], None] | None = None,
    ) -> None:
        """Open a federation.

        Args:
            config: Base, adapters, strategy, backend.
            settings: Where pulled models lie.
            base: Instead of the configured one.
            on_composition: Is told every composition, e.g. to log it in a run.

        Raises:
            ConfigError: The configuration names what there is not.
            InputError: The base is not on this machine, or damaged.
        """
        self.config = config
        cache = (settings or Settings()).cache
        self.base = base or ensure_base(load_models(config.models), config.base, cache=cache)
        self.registry = Registry.scan(
            config.adapters,
            base_name=self.base.name,
            base_sha256=self.base.sha256,
            shapes=self.base.shapes(),
        )
        self.cache = CompositionCache(config.cache_mb * 1_000_000)
        self.log: deque[CompositionRecord] = deque(maxlen=_LOG_LENGTH)
        self._on_composition = on_composition
        self._engine: Engine | None = None
        self._active: list[dict[str, Any]] = []

    def with_config(self, **changes: Any) -> LoRAFederation:
        """A federation with another strategy, rank or weights over the same loaded base.

        Registry, backend and cache are shared; cache keys keep compositions apart.

        Raises:
            ConfigError: The changes are no valid configuration.
        """
        config = validate(FederationConfig, self.config.plain() | changes)
        if (config.backend, config.base, config.adapters) != (
            self.config.backend,
            self.config.base,
            self.config.adapters,
        ):
            raise ConfigError("Another base, backend or folder needs a federation of its own.")
        other = copy(self)
        log: deque[CompositionRecord] = deque(maxlen=_LOG_LENGTH)
        vars(other).update(config=config, _engine=self.engine, log=log, _active=[])
        return other

    # -- composing ------------------------------------------------------------------------

    @property
    def engine(self) -> Engine:
        """The backend, made when first needed."""
        if self._engine is None:
            backend = self.config.backend
            if isinstance(backend, LocalBackend):
                from rmnctl.federation.local_engine import LocalEngine

                self._engine = LocalEngine(self.base, backend)
            else:
                from rmnctl.federation.openai_engine import OpenAIEngine

                self._engine = OpenAIEngine(self.base, backend)
        return self._engine

    def select(
        self,
        task: str | None,
        retailer_id: str | None,
        brand_id: str | None,
        force_adapters: Sequence[str] | None = None,
    ) -> Selection:
        """Choose the layers of a request; see `rmnctl.federation.selection.select`."""
        return select(
            self.registry,
            task=task,
            retailer_id=retailer_id,
            brand_id=brand_id,
            industry=self.config.industry,
            force_adapters=force_adapters,
        )

    def compose(
        self,
        task: str | None,
        retailer_id: str | None,
        brand_id: str | None,
        force_adapters: Sequence[str] | None = None,
    ) -> CompositionRecord:
        """Choose adapters and make them one, or find them made already.

        Returns:
            What was composed; `get_active_adapters` names the layers with their reasons.

        Raises:
            ConfigError: Unknown task, or several adapters fit one layer.
            InputError: An adapter is missing, damaged, or not on top of its parents.
            PolicyRefusal: A forced adapter is another brand's.
        """
        return self._composed(task, retailer_id, brand_id, force_adapters)[1]

    def _composed(
        self,
        task: str | None,
        retailer_id: str | None,
        brand_id: str | None,
        force_adapters: Sequence[str] | None,
    ) -> tuple[Composition | None, CompositionRecord]:
        engine = self.engine
        started = time.perf_counter()
        chosen = self.select(task, retailer_id, brand_id, force_adapters)
        recipe = self._recipe(chosen, engine.placement)
        composition, hit = None, False
        if recipe.adapters:
            composition, hit = self.cache.get(recipe.key, lambda: engine.make(recipe))
            if composition.recipe.tenant != chosen.tenant:
                raise Failure("The cache gave another tenant's composition; nothing was answered.")
        record = CompositionRecord(
            key=recipe.key,
            tenant=recipe.tenant,
            task=task,
            adapters=tuple(a.id for a in recipe.adapters),
            digests=tuple(a.digest for a in recipe.adapters),
            weights=recipe.weights,
            strategy=recipe.strategy.value,
            rank=composition.rank if composition else 0,
            retained=composition.retained if composition else 1.0,
            bytes=composition.bytes if composition else 0,
            ms=1000 * (time.perf_counter() - started),
            cache_hit=hit,
        )
        self._note(record, chosen)
        return composition, record

    def _recipe(self, chosen: Selection, placement: str) -> Recipe:
        adapters = chosen.adapters
        if self.config.strategy is Strategy.SEQUENTIAL:
            check_parents(adapters)
        return Recipe(
            base_sha256=self.base.sha256,
            adapters=adapters,
            weights=tuple(self.config.weights.get(a.id, 1.0) for a in adapters),
            strategy=self.config.strategy,
            rank=self.config.rank,
            tenant=chosen.tenant,
            dtype=placement,
        )

    def _note(self, record: CompositionRecord, chosen: Selection) -> None:
        weights = dict(zip(record.adapters, record.weights, strict=True))
        self._active = [
            layer.plain() | {"weight": weights.get(layer.adapter.id, 1.0)}
            for layer in chosen.layers
            if layer.adapter is not None
        ]
        self.log.append(record)
        if self._on_composition is not None:
            self._on_composition(record)

    def get_active_adapters(self) -> list[dict[str, Any]]:
        """The layers of the last composition: type, id, sha256, weight and why it was taken."""
        return [dict(layer) for layer in self._active]

    def export(
        self,
        folder: Path,
        task: str | None,
        retailer_id: str | None,
        brand_id: str | None,
        force_adapters: Sequence[str] | None = None,
    ) -> CompositionRecord:
        """Write a composition as one plain PEFT adapter.

        Raises:
            ConfigError: Nothing to export, or folded into weights.
            InputError, PolicyRefusal: As `compose`.
        """
        composition, record = self._composed(task, retailer_id, brand_id, force_adapters)
        if composition is None:
            raise Failure("No adapter fits this request: there is nothing to export.")
        export(composition, folder, self.base.public_name, self.base.shapes())
        return record

    # -- answering ------------------------------------------------------------------------

    def infer(
        self,
        prompt: str,
        task: str | None = None,
        retailer_id: str | None = None,
        brand_id: str | None = None,
        tools: Sequence[Tool] = (),
        **more: Any,
    ) -> Inference:
        """Answer one prompt; `more` are further attributes of `Request`.

        Raises:
            InputError: The prompt does not fit the base's context; otherwise as `compose`.
            Failure: A tool failed, the server is down, or a tool call was cut.
        """
        request = Request(prompt, task, retailer_id, brand_id, tuple(tools), **more)
        return self.infer_batch([request])[0]

    def infer_batch(self, requests: Sequence[Request]) -> list[Inference]:
        """Answer many prompts; those under one composition are generated together.

        Returns:
            Answers in the order of the requests.

        Raises:
            As `infer`, for the first request that fails.
        """
        made: dict[str, Composition | None] = {}
        opened = []
        for request in requests:
            if request.form is not None:
                self._local()
            composition, record = self._composed(
                request.task, request.retailer_id, request.brand_id, request.force_adapters
            )
            made[record.key] = composition
            opened.append(open_request(request, record))
        while waiting := [o for o in opened if not o.done]:
            for key, composition in made.items():
                self._round(composition, [o for o in waiting if o.record.key == key])
        return [conclude(o) for o in opened]

    def _round(self, composition: Composition | None, waiting: Sequence[Open]) -> None:
        from rmnctl.federation.engine import Ask

        if not waiting:
            return
        asks = [
            Ask(
                tuple(o.messages),
                o.request.max_new_tokens or self.config.max_new_tokens,
                o.constraint,
                o.request.sampling,
            )
            for o in waiting
        ]
        for one, answer in zip(waiting, self.engine.answer(composition, asks), strict=True):
            go_on(one, answer)

    def score(
        self,
        prompt: str,
        candidates: Sequence[str],
        task: str | None = None,
        retailer_id: str | None = None,
        brand_id: str | None = None,
        *,
        system: str | None = None,
        force_adapters: Sequence[str] | None = None,
    ) -> list[float]:
        """Log-probability of each candidate as the whole answer; only with a local backend.

        Raises:
            Failure: The backend is a server.
        """
        from rmnctl.federation.engine import Ask

        composition, _ = self._composed(task, retailer_id, brand_id, force_adapters)
        engine = self._local()
        return engine.score(
            composition, Ask(tuple(messages_for(prompt, (), system)), 64), candidates
        )

    def grade(self, requests: Sequence[Request], answers: Sequence[str]) -> list[Grade]:
        """Loss of a known answer to each request, and whether greedy decoding gives it.

        Raises:
            Failure: The backend is a server.
        """
        from rmnctl.federation.grading import grade

        engine = self._local()
        return self._in_order(
            requests,
            lambda made, asks, which: grade(engine, made, asks, [answers[i] for i in which]),
        )

    def grade_parts(
        self, requests: Sequence[Request], answers: Sequence[Sequence[str]]
    ) -> list[list[float]]:
        """Log-probability of each part of each answer, given those before it, as of a form.

        Raises:
            Failure: The backend is a server.
        """
        from rmnctl.federation.grading import grade_parts

        engine = self._local()
        return self._in_order(
            requests,
            lambda made, asks, which: grade_parts(engine, made, asks, [answers[i] for i in which]),
        )

    def choose(self, requests: Sequence[Request], candidates: Sequence[str]) -> list[list[float]]:
        """Log-probability of each candidate, given that the answer is one of them.

        For labels that differ at one token; many requests and candidates cost one forward pass a
        request. `score` takes any candidates.

        Raises:
            Failure: The backend is a server.
        """
        from rmnctl.federation.grading import choose

        engine = self._local()
        return self._in_order(
            requests, lambda made, asks, _: choose(engine, made, asks, candidates)
        )

    def _in_order(
        self,
        requests: Sequence[Request],
        score: Callable[[Composition | None, list[Ask], list[int]], list[_Scored]],
    ) -> list[_Scored]:
        """What each request scores, by composition; all are composed before any is scored."""
        groups: dict[tuple[Any, ...], list[int]] = {}
        for i, r in enumerate(requests):
            groups.setdefault((r.task, r.retailer_id, r.brand_id, r.force_adapters), []).append(i)
        found: dict[int, _Scored] = {}
        for made, which in [(self._composed(*key)[0], which) for key, which in groups.items()]:
            scored = score(made, [_ask(requests[i]) for i in which], which)
            found |= dict(zip(which, scored, strict=True))
        return [found[i] for i in range(len(requests))]

    def _local(self) -> LocalEngine:
        from rmnctl.federation.local_engine import LocalEngine

        engine = self.engine
        if not isinstance(engine, LocalEngine):
            raise Failure(
                "Scores and forms need the base in this process: backend kind transformers."
            )
        return engine

    def close(self) -> None:
        """Let go of connections and of what is cached."""
        self.cache.clear()
        if self._engine is not None:
            self._engine.close()


def _ask(request: Request) -> Ask:
    """A request as a conversation whose answer is known."""
    from rmnctl.federation.engine import Ask

    return Ask(tuple(messages_for(request.prompt, request.tools, request.system)), 1)
