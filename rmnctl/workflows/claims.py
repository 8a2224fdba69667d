"""Fitting the reader of claims (`rmnctl.compliance.claims`) to labelled lines: `make claims`."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np

from rmnctl import compliance
from rmnctl.compliance.claims import WEIGHTS, ClaimReader, Gram, grams, values_of
from rmnctl.tables import write_bytes
from rmnctl.workflows import corpora

#: The file of copies that were labelled for the checker.
COPIES = "copies"
#: Files of lines as shops run them, by name; the others hold the hardest that authors could think of.
SHOP = "shop_"
#: How many of those one of these counts for: it is nearer to what will be read.
NEAR = 3.0
#: Runs of words in fewer lines teach nothing that carries over.
LEAST_ROWS = 2
#: Losses that weigh as much as the squared weights.
STRENGTH = 4.0
_DIGITS = 3


@dataclass(frozen=True)
class Line:
    """A labelled line.

    Attributes:
        file: Where it stands, without suffix.
        text: Plain lower case.
        claim: Whether it makes a claim of fact.
    """

    file: str
    text: str
    claim: bool

    @property
    def near(self) -> bool:
        """Whether it is like the copy that will be read."""
        return self.file == COPIES or self.file.startswith(SHOP)


def labelled_claims() -> list[Line]:
    """All labelled lines, by file."""
    folder = files(corpora).joinpath("labelled_claims")
    found = []
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        stem = file.name.removesuffix(".jsonl")
        for text in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(text)
            found.append(Line(stem, row["copy"].lower(), row["claim"]))
    return found


def fit(lines: Sequence[Line], leave_out: Collection[str] = ()) -> ClaimReader:
    """The reader that some lines teach: a logistic regression with squared weights held down.

    Args:
        lines: Labelled lines.
        leave_out: Files that are not learnt from.
    """
    lines = [line for line in lines if line.file not in leave_out]
    spread = Counter(gram for line in lines for gram in set(grams(line.text)))
    unweighed = {
        gram: Gram(1 + math.log((1 + len(lines)) / (1 + rows)), 0.0)
        for gram, rows in sorted(spread.items())
        if rows >= LEAST_ROWS
    }
    rows, places, values = _table(lines, unweighed)
    truth = np.array([1.0 if line.claim else -1.0 for line in lines])
    heavy = np.array([NEAR if line.near else 1.0 for line in lines])
    weights, bias = _solved(rows, places, values, truth, STRENGTH * heavy)
    known = {
        gram: Gram(round(rarity, _DIGITS), round(float(weight), _DIGITS))
        for (gram, (rarity, _)), weight in zip(unweighed.items(), weights, strict=True)
    }
    return ClaimReader(known, round(bias, _DIGITS))


def _table(
    lines: Sequence[Line], known: Mapping[str, Gram]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row, column and value of each run of words in each line."""
    place = {gram: n for n, gram in enumerate(known)}
    rows, places, values = list[int](), list[int](), list[float]()
    for row, line in enumerate(lines):
        found = values_of(line.text, known)
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
    """Fit the shipped reader anew."""
    reader = fit(labelled_claims())
    lines = [
        f"{g}\t{k.rarity:.{_DIGITS}f}\t{k.weight:.{_DIGITS}f}" for g, k in reader.known.items()
    ]
    path = Path(compliance.__file__).with_name(WEIGHTS)
    write_bytes(path, ("\n".join([f"{reader.bias:.{_DIGITS}f}", *lines]) + "\n").encode())


if __name__ == "__main__":
    main()
