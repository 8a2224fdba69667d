"""Planning: a budget over cells, certified.

`plan(curves, request)` is the one way in. It reads `curves/v1`, knows no simulator and no fitting,
and returns a `Plan` whose certificate states its exact value and a bound no plan can exceed.
"""

from rmnctl.planning.cells import CURVES_SCHEMA, read_curves
from rmnctl.planning.draws import DRAWS_SCHEMA
from rmnctl.planning.engines.pulp_model import write_lp
from rmnctl.planning.outcome import PLAN_SCHEMA, Certificate, Comparison, Plan, Price, Totals
from rmnctl.planning.planner import plan
from rmnctl.planning.request import Cvar, Limit, Objective, PlanRequest, Scope

__all__ = [
    "CURVES_SCHEMA",
    "DRAWS_SCHEMA",
    "PLAN_SCHEMA",
    "Certificate",
    "Comparison",
    "Cvar",
    "Limit",
    "Objective",
    "Plan",
    "PlanRequest",
    "Price",
    "Scope",
    "Totals",
    "plan",
    "read_curves",
    "write_lp",
]
