"""Which cells the experiment share goes to: those known least where it matters."""

from __future__ import annotations

import numpy as np

from rmnctl.errors import ConfigError, InputError
from rmnctl.planning.arms import first_arms
from rmnctl.planning.bisect import solve_bisect
from rmnctl.planning.cells import Cells
from rmnctl.planning.problem import Problem
from rmnctl.planning.request import PlanRequest

#: The least part of all cells that is earmarked, so that one wild estimate does not take it all.
_PART = 0.1


def earmark(cells: Cells, request: PlanRequest, plain: Problem) -> np.ndarray | None:
    """Choose the cells whose joint spend must reach the experiment share.

    The rule: rank cells by the standard deviation of their mROAS at the spend they would get
    from the budget alone (first order in a_sd and c_sd, or over draws where there are some);
    earmark the first tenth, and as many more as it takes to hold the share.

    Args:
        cells: Checked cells, draws included.
        request: Gives the share.
        plain: The problem with nothing but bounds and budget.

    Returns:
        A mask over cells, or None where no share is asked for.

    Raises:
        InputError: Nothing says how uncertain a curve is.
    """
    if request.experiment_share == 0:
        return None
    sd = _mroas_sd(cells, plain)
    if not (sd > 0).any():
        raise InputError(
            "experiment_share: needs columns a_sd or c_sd in the curves, or curve draws, to know "
            "which cells are uncertain."
        )
    order = np.lexsort((np.arange(len(cells)), -sd))
    room = np.cumsum(np.minimum(plain.most, plain.rows[0].high)[order])
    needed = int(np.searchsorted(room, request.experiment_share * plain.rows[0].high)) + 1
    if needed > len(cells):
        raise ConfigError("experiment_share: more than all cells together may spend.")
    mask = np.zeros(len(cells), dtype=bool)
    mask[order[: max(needed, int(np.ceil(_PART * len(cells))))]] = True
    return mask


def _mroas_sd(cells: Cells, plain: Problem) -> np.ndarray:
    x = np.maximum(solve_bisect(plain, first_arms(plain)).best.x, 1e-9 * plain.most)
    if plain.curves.draws > 1:
        return np.asarray(plain.curves.slope(x).std(axis=1))
    curves, step = plain.curves, 1e-5
    by_a = (
        curves.slope(x)[:, 0] * np.nan_to_num(cells.a_sd) / np.maximum(cells.curves.a[:, 0], 1e-300)
    )
    wider = type(curves)(curves.a, curves.c * (1 + step), curves.k)
    by_log_c = (wider.slope(x) - curves.slope(x))[:, 0] / step
    by_c = by_log_c * np.nan_to_num(cells.c_sd) / cells.curves.c[:, 0]
    return np.asarray(np.hypot(by_a, by_c))
