"""The planner agent's tools: the real workflows, on one configuration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rmnctl.agents.base import Executed
from rmnctl.agents.measurement import MeasurementAgent, MeasurementAnswer
from rmnctl.agents.planner import PlannerTools
from rmnctl.cleanroom import LocalRoom, Query
from rmnctl.cleanroom.query import Sum
from rmnctl.config import Settings
from rmnctl.errors import ConfigError
from rmnctl.planning import PlanRequest
from rmnctl.response import Fitted
from rmnctl.workflows.cleanroom_query import ask_query
from rmnctl.workflows.curves import Prepared, describe, fit, prepare
from rmnctl.workflows.plan import PlanResult, plan
from rmnctl.workflows.plan_case import OpenedPlan, open_plan
from rmnctl.workflows.planning_config import PlanConfig

_METRICS = (Sum("cost", "sum"), Sum("revenue", "sum"), Sum("conversions", "sum"))


class RealTools:
    """Clean-room query, response curves, allocation and the next test, for one request.

    Curves are fitted once and allocated on; the finished plan is opened again from its run, so
    that whatever follows stands on what was written.

    """

    def __init__(
        self, config: PlanConfig, settings: Settings, brief: Mapping[str, Any] | None = None
    ) -> None:
        """Make the tools.

        Args:
            config: Data and mode; the request is the planner's.
            settings: Where runs lie.
            brief: Kept in the plan's run.
        """
        self._config = config
        self._settings = settings
        self._brief = brief
        self._learned: tuple[Prepared, Fitted] | None = None
        self._done: PlanResult | None = None
        self._opened: OpenedPlan | None = None
        self._proposed: Executed[MeasurementAnswer] | None = None

    def tools(self) -> PlannerTools:
        """What a planner agent takes; there is no query where no release may be seen."""
        rooms = self._rooms if self._config.mode != "full_data" else None
        return PlannerTools(
            allocate=self._allocate,
            clean_room_query=rooms,
            response_curves=self._curves,
            design_experiment=self._propose,
        )

    def _asked(self, request: PlanRequest) -> PlanConfig:
        return self._config.model_copy(update={"request": request})

    def _rooms(self, request: PlanRequest) -> list[dict[str, Any]]:
        """Past spend and credited sales by placement, from the release of each retailer."""
        found = []
        for item in self._prepared(request).inputs:
            name = item.record.name
            retailer = name.removeprefix("release_")
            wanted = not request.retailers or retailer in request.retailers
            if name == retailer or not wanted or item.record.run_id is None:
                continue
            query = Query(retailer, _METRICS, ("placement_type",))
            with LocalRoom.open(self._settings.runs, item.record.run_id) as room:
                answer = ask_query(room, query, self._settings.runs)
                period = room.release.period
            days = [] if period is None else [str(period.from_), str(period.to)]
            found.append({"retailer": retailer, "period": days, **answer.plain()})
        return found

    def _prepared(self, request: PlanRequest) -> Prepared:
        return self._learned[0] if self._learned else prepare(self._asked(request), self._settings)

    def _curves(self, request: PlanRequest) -> dict[str, Any]:
        config = self._asked(request)
        prepared = prepare(config, self._settings)
        self._learned = (prepared, fit(config, prepared))
        return describe(self._learned[1])

    def _allocate(self, request: PlanRequest) -> dict[str, Any]:
        self._done = plan(
            self._asked(request), self._settings, brief=self._brief, learned=self._learned
        )
        return self._done.document

    def _propose(self, request: PlanRequest) -> dict[str, Any]:
        """Where the next test would tell most, by what the plan hangs on."""
        del request
        opened = self.open()
        self._proposed = MeasurementAgent(opened.case).execute({"want": "propose"})
        return self._proposed.output.plain()

    @property
    def result(self) -> PlanResult:
        """The plan.

        Raises:
            ConfigError: It is not made yet.
        """
        if self._done is None:
            raise ConfigError("The planner has made no plan yet.")
        return self._done

    @property
    def run_id(self) -> str:
        """Run of the plan."""
        return self.result.run.run_id

    @property
    def proposed(self) -> Executed[MeasurementAnswer]:
        """What the measurement agent did.

        Raises:
            ConfigError: It was not asked yet.
        """
        if self._proposed is None:
            raise ConfigError("No test was proposed yet.")
        return self._proposed

    def open(self) -> OpenedPlan:
        """The finished plan with its history.

        Raises:
            RunError: What it was made from was altered meanwhile.
        """
        if self._opened is None:
            self._opened = open_plan(self.run_id, self._settings)
        return self._opened

    @property
    def catalogue(self) -> Path | None:
        """Where the catalogue lies, once curves were fitted."""
        return self._learned[0].path("catalogue") if self._learned else None
