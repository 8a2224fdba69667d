"""Spend of cells that a release did not name: each its likely part of the remainder."""

from __future__ import annotations

import numpy as np

from rmnctl.response.panel import Panel


def filled_spend(panel: Panel, item_of: np.ndarray) -> np.ndarray:
    """Spend of every cell and period; unnamed cells share the remainder.

    Args:
        panel: Spend with NaN where a cell was not named.
        item_of: (N,) retailer and SKU of each cell.

    Returns:
        (N, T) without gaps; blocks add up to what is known of them.

    A cell that is named elsewhere was hidden because it was small then: it counts for no more
    than its smallest named period. One that was never named counts for block times SKU.
    """
    missing = np.isnan(panel.spend)
    smallest = np.where(missing, np.inf, panel.spend).min(axis=1)
    usual = np.minimum(_block_times_item(panel, item_of), 0.8 * smallest)
    spend = np.nan_to_num(panel.spend)
    for b in range(len(panel.blocks)):
        cells = np.flatnonzero(panel.block == b)
        weight = np.where(missing[cells], np.maximum(usual[cells, None], 1e-9), 0.0)
        share = np.nan_to_num(panel.rest_spend[b]) / np.maximum(weight.sum(axis=0), 1e-12)
        spend[cells] = np.where(missing[cells], weight * share, spend[cells])
    return np.asarray(spend)


def _block_times_item(panel: Panel, item_of: np.ndarray) -> np.ndarray:
    """(N,) first guess of usual spend: what is seen, the rest in equal parts.

    A cell that was never named takes the product of its block's and its SKU's level, which the
    placements where the SKU was named tell.
    """
    missing = np.isnan(panel.spend)
    spend = np.nan_to_num(panel.spend)
    for b in range(len(panel.blocks)):
        cells = np.flatnonzero(panel.block == b)
        each = np.nan_to_num(panel.rest_spend[b]) / np.maximum(missing[cells].sum(axis=0), 1)
        spend[cells] = np.where(missing[cells], each, spend[cells])
    mean = np.maximum(spend.mean(axis=1), 1e-9)
    log, weight = np.log(mean), (~missing).sum(axis=1) + 1.0
    item = np.zeros(item_of.max() + 1)
    for _ in range(20):
        block = np.bincount(panel.block, weight * (log - item[item_of])) / np.bincount(
            panel.block, weight
        )
        item = np.bincount(item_of, weight * (log - block[panel.block])) / (
            np.bincount(item_of, weight) + 5.0
        )
    guess = np.exp(block[panel.block] + item[item_of])
    return np.asarray(np.where((~missing).any(axis=1), mean, guess))
