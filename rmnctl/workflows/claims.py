"""Fitting the readers of claims (`rmnctl.compliance.claims`) to labelled lines: `make claims`."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np

from rmnctl.compliance import claims
from rmnctl.compliance.claims import LANGUAGES, Gram, GramReader
from rmnctl.compliance.claims.grams import grams, values_of
from rmnctl.compliance.claims.reader import WITH_NETWORK
from rmnctl.tables import write_bytes
from rmnctl.workflows.claims_lines import Line, labelled_claims
from rmnctl.workflows.claims_network import fit_network

#: Runs of words in fewer lines are not looked at: where a network reads beside them, rare ones add nothing
#: (tried: 2 to 6) and take time to load; alone they carry much.
LEAST_ROWS = {"en": 4, "de": 2, "fr": 2}
#: Letters that words are cut to as well: German and French have many endings, and no network to know them.
STEMS = {"de": 4, "fr": 4}
#: Losses that weigh as much as the squared weights.
STRENGTH = 4.0
_DIGITS = 3


def fit(lines: Sequence[Line], leave_out: Collection[str] = ()) -> GramReader:
    """The reader of runs of words that some lines teach: a logistic regression, squared weights held down.

    Args:
        lines: Labelled lines of a language.
        leave_out: Files that are not learnt from.
    """
    lines = [line for line in lines if line.file not in leave_out]
    language = lines[0].language
    stem = STEMS.get(language)
    spread = Counter(gram for line in lines for gram in set(grams(line.text, stem)))
    unweighed = {
        gram: Gram(1 + math.log((1 + len(lines)) / (1 + rows)), 0.0)
        for gram, rows in sorted(spread.items())
        if rows >= LEAST_ROWS[language]
    }
    rows, places, values = _table(lines, unweighed, stem)
    truth = np.array([1.0 if line.claim else -1.0 for line in lines])
    heavy = np.array([line.weight for line in lines])
    weights, bias = _solved(rows, places, values, truth, STRENGTH * heavy)
    known = {
        gram: Gram(round(rarity, _DIGITS), round(float(weight), _DIGITS))
        for (gram, (rarity, _)), weight in zip(unweighed.items(), weights, strict=True)
    }
    return GramReader(known, round(bias, _DIGITS), stem)


def _table(
    lines: Sequence[Line], known: Mapping[str, Gram], stem: int | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row, column and value of each run of words in each line."""
    place = {gram: n for n, gram in enumerate(known)}
    rows, places, values = list[int](), list[int](), list[float]()
    for row, line in enumerate(lines):
        found = values_of(line.text, known, stem)
        rows += [row] * len(found)
        places += [place[gram] for gram in found]
        values += found.values()
    return np.array(rows), np.array(places), np.array(values)


def _solved(
    rows: np.ndarray, places: np.ndarray, values: np.ndarray, truth: np.ndarray, heavy: np.ndarray
) -> tuple[np.ndarray, float]:
    """Weights and bias at the least loss."""
    # A dependency of development alone: who only checks copy does not need it.
    from scipy.optimize import minimize

    width = int(places.max()) + 1

    def loss(at: np.ndarray) -> tuple[float, np.ndarray]:
        weights, bias = at[:-1], at[-1]
        said = np.bincount(rows, values * weights[places], len(truth)) + bias
        margin = truth * said
        slope = -heavy * truth / (1 + np.exp(np.clip(margin, -60, 60)))
        total = float(heavy @ np.logaddexp(0, -margin) + weights @ weights / 2)
        down = np.bincount(places, values * slope[rows], width) + weights
        return total, np.append(down, slope.sum())

    found = minimize(
        loss, np.zeros(width + 1), jac=True, method="L-BFGS-B", options={"maxiter": 500}
    )
    return found.x[:-1], float(found.x[-1])


def main() -> None:
    """Fit the shipped readers anew."""
    folder = Path(claims.__file__).parent
    for language in LANGUAGES:
        lines = labelled_claims(language)
        write_bytes(folder / f"{language}.tsv", fit(lines).written(_DIGITS).encode())
        if language in WITH_NETWORK:
            network = fit_network(lines, note=_say)
            write_bytes(folder / f"{language}.npz", network.written())


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    main()
