"""One proposal for every column: score each pair, then settle all fields at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rmnctl.harmonization.matching import values
from rmnctl.harmonization.matching.proofs import Proof, find_proofs, ratio_kind, roles
from rmnctl.harmonization.matching.types import (
    FIELDS,
    MEASURES,
    MONEY,
    Alternate,
    Chooser,
    Column,
    Proposal,
)
from rmnctl.harmonization.matching.values import Shape
from rmnctl.harmonization.matching.words import Reading, read

_TAKE = 0.5
_SURE = 0.9


@dataclass(frozen=True)
class _Score:
    """How well a column fits a field, and why."""

    value: float
    preference: float
    evidence: tuple[str, ...]
    proved: bool = False
    refuted: bool = False


def propose(columns: Sequence[Column], chooser: Chooser | None = None) -> tuple[Proposal, ...]:
    """Propose a field, or none, for every column.

    Args:
        columns: The report's columns with a sample of their cells.
        chooser: Asked about columns left undecided; without one they stay so.

    Returns:
        One proposal a column, in order; each field is given at most once.
    """
    shapes = values.shapes(columns)
    readings = [read(c.name) for c in columns]
    proved = roles(find_proofs(columns, shapes))
    scores = [
        {
            f: _score(f, columns[i], shapes[i], readings[i], proved.get(i, {}), columns)
            for f in FIELDS
        }
        for i in range(len(columns))
    ]
    _contradictions(columns, shapes, scores)
    windows = _preferred_windows(readings)
    winners = _assign(scores, readings, shapes, windows)
    return tuple(
        _proposal(i, columns[i], scores[i], winners, readings, chooser) for i in range(len(columns))
    )


def _score(
    field: str,
    column: Column,
    shape: Shape,
    reading: Reading,
    proved: dict[str, list[Proof]],
    columns: Sequence[Column],
) -> _Score:
    name = reading.fields.get(field, 0.0)
    evidence = [f"name: {reading.nouns[field]!r} means {field}"] if name else []
    if field in MEASURES:
        return _measure(field, shape, reading, proved, name, evidence, columns, column)
    return _dimension(field, column, shape, reading, name, evidence)


def _measure(
    field: str,
    shape: Shape,
    reading: Reading,
    proved: dict[str, list[Proof]],
    name: float,
    evidence: list[str],
    columns: Sequence[Column],
    column: Column,
) -> _Score:
    if field in proved and not (reading.derived and not name):
        ratios = {p.ratio for p in proved[field]}
        for proof in proved[field][:2]:
            evidence.append(
                f"proved: {columns[proof.above].name.strip()} / {columns[proof.below].name.strip()} "
                f"= {columns[proof.ratio].name.strip()} on {proof.share:.0%} of rows"
            )
        unlike = 0.0 if name or not reading.fields else 0.12
        worth = 0.86 + 0.04 * min(len(ratios), 3) - unlike
        if reading.other or reading.setting:
            # New-to-brand orders divide by clicks just as all orders do.
            return _Score(0.3, 0.0, ("name: another measure",))
        return _Score(worth, name, tuple(evidence), proved=True)
    refuted = bool(proved) and field not in proved
    if name == 0.0:
        return _Score(0.0, 0.0, (), refuted=refuted)
    value = name
    if reading.derived or ratio_kind(column.name):
        return _Score(0.0, 0.0, ("name: a ratio, not a measure",))
    if reading.setting:
        return _Score(0.0, 0.0, ("name: a budget, bid or goal",))
    if reading.other:
        return _Score(0.1, 0.0, ("name: another measure",))
    if shape.filled and shape.numbers is None:
        return _Score(0.0, 0.0, ("values: not numbers",))
    if shape.percent:
        return _Score(0.0, 0.0, ("values: percentages",))
    if reading.entity and not shape.integer and field not in MONEY:
        value -= 0.3
    value += _shape_bonus(field, shape, evidence)
    if refuted:
        value -= 0.45
        evidence.append("arithmetic gives it another meaning")
    return _Score(value, name, tuple(evidence), refuted=refuted)


def _shape_bonus(field: str, shape: Shape, evidence: list[str]) -> float:
    if shape.numbers is None:
        return -0.1
    if field in MONEY:
        if shape.money or shape.decimals > 0.2:
            evidence.append("values: amounts of money")
            return 0.05
        return -0.12 if shape.integer else 0.0
    if field != "conversions" and shape.decimals > 0.05:
        return -0.6
    if shape.money:
        evidence.append("values: amounts of money")
        return -0.6
    if field == "conversions" and shape.decimals > 0.3 and not shape.integer:
        return -0.45
    evidence.append("values: counts")
    return 0.03


def _dimension(
    field: str, column: Column, shape: Shape, reading: Reading, name: float, evidence: list[str]
) -> _Score:
    if field == "date":
        if not shape.date or name == 0.0:
            return _Score(0.0, 0.0, ())
        if reading.date_other:
            return _Score(0.45, name, ("name: start or end of a period",))
        return _Score(min(name + 0.1, 1.0), name, (*evidence, "values: days"))
    measured = any(reading.fields.get(f, 0.0) >= _TAKE for f in MEASURES)
    if measured and shape.numbers is not None and shape.filled:
        return _Score(0.0, 0.0, ())
    if name == 0.0 or shape.date or reading.derived or shape.percent or shape.money:
        return _Score(0.0, 0.0, ())
    if field == "sku_id":
        if not values.looks_like_code(column) and shape.filled:
            return _Score(0.2, name, ("values: not item numbers",))
        value = name - (0.2 if shape.decimals > 0 else 0.0) - (0.35 if shape.filled < 0.3 else 0.0)
        return _Score(value, name, (*evidence, "values: item numbers"))
    if shape.decimals > 0 or (field == "placement_type" and shape.numbers is not None):
        return _Score(0.0, 0.0, ())
    many = shape.distinct > 40 and shape.distinct > 0.5 * len(column.values)
    return _Score(name - (0.4 if many else 0.0), name, (*evidence, "values: a few names"))


def _median(shape: Shape) -> float:
    if shape.numbers is None:
        return float("nan")
    good = shape.numbers[np.isfinite(shape.numbers)]
    return float(good.mean()) if len(good) else float("nan")


def _contradictions(
    columns: Sequence[Column], shapes: Sequence[Shape], scores: list[dict[str, _Score]]
) -> None:
    """Take back what the funnel or the kind of number contradicts, unless arithmetic proves it."""
    del columns
    best = (
        {f: max(range(len(scores)), key=lambda i: scores[i][f].value) for f in MEASURES}
        if scores
        else {}
    )
    for upper, lower in (
        ("impressions", "clicks"),
        ("clicks", "conversions"),
        ("impressions", "conversions"),
    ):
        a, b = best.get(upper), best.get(lower)
        if a is None or b is None or a == b:
            continue
        first, second = scores[a][upper], scores[b][lower]
        if min(first.value, second.value) < _TAKE or first.proved or second.proved:
            continue
        if _median(shapes[a]) < _median(shapes[b]) and lower != "conversions":
            for i, f in ((a, upper), (b, lower)):
                s = scores[i][f]
                scores[i][f] = _Score(
                    s.value * 0.8, s.preference, (*s.evidence, "the funnel is upside down")
                )


def _preferred_windows(readings: Sequence[Reading]) -> list[int | None]:
    seen = {
        r.window for r in readings if {"revenue", "conversions"} & set(r.fields) and not r.derived
    }
    order: list[int | None] = [None]
    order += [7, 14] if {1, 7, 14, 30} <= seen else [14, 7]
    return [*order, 30, 28, 3, 1]


def _rank(
    field: str, index: int, score: _Score, reading: Reading, shape: Shape, windows: list[int | None]
) -> tuple[float, ...]:
    """Which of several columns of one meaning comes first."""
    whole = 0.0 if reading.part else 1.0
    window = -float(windows.index(reading.window)) if reading.window in windows else -9.0
    tier = 2.0 if score.proved else 1.0
    if field in {"revenue", "conversions"}:
        # Orders before units, the whole before its parts, what is proved before what is said.
        noun = 1.0 if score.preference >= 0.7 or score.preference == 0.0 else 0.0
        fit = 1.0 if score.proved else round(score.value * 4) / 4
        said = 1.0 if reading.whole else 0.0
        return (
            noun if field == "conversions" else 0.0,
            fit,
            whole,
            tier,
            window,
            said,
            score.value,
            -index,
        )
    return (
        tier if field in MEASURES else 0.0,
        whole if field in MEASURES else 0.0,
        round(score.value, 2),
        shape.filled,
        -index,
    )


def _assign(
    scores: list[dict[str, _Score]],
    readings: Sequence[Reading],
    shapes: Sequence[Shape],
    windows: list[int | None],
) -> dict[str, int]:
    """Each field its best column, the surest pairs first."""
    pairs = [
        (_rank(f, i, s, readings[i], shapes[i], windows), f, i)
        for i, by_field in enumerate(scores)
        for f, s in by_field.items()
        if s.value >= _TAKE
    ]
    own = {i: max(by.values(), key=lambda s: s.value).value for i, by in enumerate(scores)}
    winners: dict[str, int] = {}
    taken: set[int] = set()
    for _, field, index in sorted(
        pairs, key=lambda p: (own[p[2]] - scores[p[2]][p[1]].value > 0.001, tuple(-x for x in p[0]))
    ):
        if field in winners or index in taken:
            continue
        winners[field] = index
        taken.add(index)
    return winners


def _proposal(
    index: int,
    column: Column,
    scores: dict[str, _Score],
    winners: dict[str, int],
    readings: Sequence[Reading],
    chooser: Chooser | None,
) -> Proposal:
    reading = readings[index]
    ranked = sorted(((s.value, f) for f, s in scores.items() if s.value > 0.2), reverse=True)
    alternates = tuple(Alternate(f, round(min(v, 0.89), 3)) for v, f in ranked[:5])
    field = next((f for f, i in winners.items() if i == index), None)
    if field is not None:
        score = scores[field]
        confidence = _confidence(field, score, reading)
        others = tuple(a for a in alternates if a.field != field)
        return Proposal(column.name, field, confidence, others, score.evidence)
    if chooser is not None and alternates and alternates[0].field not in winners:
        choice = chooser.choose(column, alternates)
        if choice is not None and choice not in winners:
            winners[choice] = index
            return Proposal(column.name, choice, 0.6, alternates, ("chosen among the candidates",))
    best = ranked[0][0] if ranked else 0.0
    reasons = tuple(e for s in scores.values() for e in s.evidence if s.value < _TAKE)[:2]
    if best >= _TAKE:
        reasons = (f"another column is the better {ranked[0][1]}",)
    return Proposal(column.name, None, round(1.0 - min(best, 0.6) * 0.7, 3), alternates, reasons)


def _confidence(field: str, score: _Score, reading: Reading) -> float:
    if score.proved:
        return round(min(score.value + 0.06, 0.99), 3) if score.preference >= 0.6 else 0.85
    value = min(score.value, 0.95)
    weak = score.preference < 0.7 or reading.part
    # A name alone is never sure about money and counts: names lie there.
    ceiling = 0.88 if field in {"revenue", "conversions", "cost"} or weak else 0.95
    return round(min(value, ceiling), 3)
