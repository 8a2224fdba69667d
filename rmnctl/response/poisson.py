"""Poisson regression with many effects, by reweighted least squares and alternating projections.

Quasi-likelihood: only the mean has to be right, so money may be regressed as it is. With two sets
of effects it has no incidental-parameter bias (Fernandez-Val and Weidner 2016). Standard errors
are clustered.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_ROUNDS, _SWEEPS = 60, 300
_TIGHT = 1e-8


@dataclass(frozen=True)
class Effects:
    """Groups of M rows, each numbered from 0 without gaps.

    Attributes:
        groups: Of each set of effects, the group of every row.
        cluster: Rows whose errors may hang together.
    """

    groups: tuple[np.ndarray, ...]
    cluster: np.ndarray

    def removed(self, values: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """(M, K) values less their weighted means by group, of all sets at once."""
        out = values.copy()
        totals = [np.bincount(group, weight) for group in self.groups]
        scale = np.abs(out).max(axis=0) + 1e-300
        for _ in range(_SWEEPS):
            moved = 0.0
            for group, total in zip(self.groups, totals, strict=True):
                for k in range(out.shape[1]):
                    mean = np.bincount(group, weight * out[:, k]) / total
                    out[:, k] -= mean[group]
                    moved = max(moved, float(np.abs(mean).max() / scale[k]))
            if moved < _TIGHT:
                break
        return out


@dataclass(frozen=True)
class Regression:
    """A finished regression of M rows on K columns.

    Attributes:
        coefficients: (K,).
        standard_errors: (K,) clustered.
        clusters: Number of clusters.
        effects: Groups.
        mean: (M,) fitted.
        columns: (M, K) columns without effects.
    """

    coefficients: np.ndarray
    standard_errors: np.ndarray
    clusters: int
    effects: Effects
    mean: np.ndarray
    columns: np.ndarray

    def projected(self, log_mean: np.ndarray) -> np.ndarray:
        """(K,) coefficients that another log mean (M,) would have, at the fitted weights."""
        other = self.effects.removed(log_mean[:, None], self.mean)[:, 0]
        weighted = self.columns * self.mean[:, None]
        return np.asarray(np.linalg.solve(weighted.T @ self.columns, weighted.T @ other))


def poisson_regression(y: np.ndarray, columns: np.ndarray, effects: Effects) -> Regression | None:
    """Regress y on columns and effects, log link.

    Args:
        y: (M,) at least 0, mean near 1; no group adds up to 0.
        columns: (M, K).
        effects: Groups and clusters.

    Returns:
        The regression, or None where the effects leave nothing of a column.
    """
    mean = (y + y.mean()) / 2
    log_mean = np.log(mean)
    before = np.inf
    for _ in range(_ROUNDS):
        working = log_mean + (y - mean) / mean
        left = effects.removed(np.column_stack([working, columns]), mean)
        target, within = left[:, 0], left[:, 1:]
        weighted = within * mean[:, None]
        gram = weighted.T @ within
        if np.linalg.matrix_rank(gram, hermitian=True) < len(gram):
            return None
        found = np.linalg.solve(gram, weighted.T @ target)
        log_mean = np.clip(working - (target - within @ found), -30, 30)
        mean = np.exp(log_mean)
        deviance = float(mean.sum() - (y * log_mean).sum())
        if abs(before - deviance) < _TIGHT * abs(deviance):
            break
        before = deviance
    count = int(effects.cluster.max()) + 1
    scores = np.zeros((count, len(gram)))
    np.add.at(scores, effects.cluster, within * (y - mean)[:, None])
    inverse = np.linalg.inv(gram)
    covariance = inverse @ (scores.T @ scores) @ inverse * count / (count - 1)
    return Regression(found, np.sqrt(np.diag(covariance)), count, effects, mean, within)
