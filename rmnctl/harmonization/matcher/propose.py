"""One proposal for every column: score each pair, then settle all fields at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rmnctl.harmonization.matcher import values
from rmnctl.harmonization.matcher.choosing import State, settle
from rmnctl.harmonization.matcher.gaps import fill_gaps
from rmnctl.harmonization.matcher.proofs import Proof, find_proofs, find_sums, ratio_kind, roles
from rmnctl.harmonization.matcher.scores import Score, mean
from rmnctl.harmonization.matcher.types import (
    FIELDS,
    MEASURES,
    MONEY,
    Alternate,
    Chooser,
    Column,
    Proposal,
)
from rmnctl.harmonization.matcher.values import Shape
from rmnctl.harmonization.matcher.words import Lexicon, Reading, read

_TAKE = 0.5
_SURE = 0.9


def propose(
    columns: Sequence[Column], chooser: Chooser | None = None, known: Lexicon | None = None
) -> tuple[Proposal, ...]:
    """Propose a field, or none, for every column.

    Args:
        columns: The report's columns with a sample of their cells.
        chooser: Asked about columns and fields left open; without one they stay so.
        known: The words to read headers by; the shipped ones unless given.

    Returns:
        One proposal a column, in order; each field is given at most once.
    """
    shapes = values.shapes(columns)
    readings = [read(c.name, known) for c in columns]
    proved = roles(find_proofs(columns, shapes, readings))
    scores = [
        {
            f: _score(f, columns[i], shapes[i], readings[i], proved.get(i, {}), columns)
            for f in FIELDS
        }
        for i in range(len(columns))
    ]
    _reinterpret(shapes, readings, scores)
    _contradictions(shapes, scores)
    windows = _preferred_windows(readings)
    parts = {f: find_sums(shapes, _candidates(scores, f)) for f in ("revenue", "conversions")}
    winners = _assign(scores, readings, shapes, windows, parts)
    fill_gaps(columns, shapes, readings, scores, winners)
    chosen: dict[int, str] = {}
    if chooser is not None:
        settle(State(columns, shapes, readings, scores), winners, chooser, chosen.__setitem__)

    def rivals(field: str, index: int) -> int:
        return sum(i != index and s[field].value >= 0.8 for i, s in enumerate(scores))

    return tuple(
        _proposal(i, columns[i], scores[i], winners, readings, chosen, rivals)
        for i in range(len(columns))
    )


def _score(
    field: str,
    column: Column,
    shape: Shape,
    reading: Reading,
    proved: dict[str, list[Proof]],
    columns: Sequence[Column],
) -> Score:
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
) -> Score:
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
            return Score(0.3, 0.0, ("name: another measure",))
        return Score(worth, name, tuple(evidence), proved=True)
    refuted = bool(proved) and field not in proved
    if name == 0.0:
        return Score(0.0, 0.0, (), refuted=refuted)
    value = name
    veto = _veto(shape, reading, column)
    if veto is not None:
        return veto
    if reading.entity and not shape.integer and field not in MONEY:
        value -= 0.3
    value += _shape_bonus(field, shape, evidence)
    if refuted:
        value -= 0.45
        evidence.append("arithmetic gives it another meaning")
    return Score(value, name, tuple(evidence), refuted=refuted)


def _veto(shape: Shape, reading: Reading, column: Column) -> Score | None:
    """What a measure never is, whatever its noun."""
    if reading.derived or ratio_kind(column.name):
        return Score(0.0, 0.0, ("name: a ratio, not a measure",))
    if reading.setting:
        return Score(0.0, 0.0, ("name: a budget, bid or goal",))
    if reading.other:
        return Score(0.1, 0.0, ("name: another measure",))
    if shape.filled and shape.numbers is None:
        return Score(0.0, 0.0, ("values: not numbers",))
    if shape.percent:
        return Score(0.0, 0.0, ("values: percentages",))
    return None


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
) -> Score:
    if field == "date":
        if not shape.date or name == 0.0:
            return Score(0.0, 0.0, ())
        if reading.date_other:
            return Score(0.45, name, ("name: start or end of a period",))
        return Score(min(name + 0.1, 1.0), name, (*evidence, "values: days"))
    measured = any(reading.fields.get(f, 0.0) >= 0.3 for f in MEASURES)
    if measured and shape.numbers is not None and shape.filled:
        return Score(0.0, 0.0, ())
    if name == 0.0 or shape.date or reading.derived or shape.percent or shape.money:
        return Score(0.0, 0.0, ())
    if field == "sku_id":
        if not values.looks_like_code(column) and shape.filled:
            return Score(0.2, name, ("values: not item numbers",))
        value = name - (0.2 if shape.decimals > 0 else 0.0) - (0.35 if shape.filled < 0.3 else 0.0)
        return Score(value, name, (*evidence, "values: item numbers"))
    if shape.decimals > 0 or (field == "placement_type" and shape.numbers is not None):
        return Score(0.0, 0.0, ())
    many = shape.distinct > 40 and shape.distinct > 0.5 * len(column.values)
    return Score(name - (0.4 if many else 0.0), name, (*evidence, "values: a few names"))


def _candidates(scores: list[dict[str, Score]], field: str) -> list[int]:
    return [i for i, s in enumerate(scores) if s[field].value >= _TAKE]


def _reinterpret(
    shapes: Sequence[Shape], readings: Sequence[Reading], scores: list[dict[str, Score]]
) -> None:
    """Where names and numbers disagree, let the numbers suggest the other meaning, unsurely.

    "Sales" beside amounts of revenue, itself whole and small, are sales made; "conversions"
    with cents are their value; of two costs the larger, where nobody earns, is the shoppers'.
    """
    money = [
        i for i in _candidates(scores, "revenue") if shapes[i].money or shapes[i].decimals > 0.2
    ]
    counts = [
        i for i in _candidates(scores, "revenue") if shapes[i].integer and not shapes[i].money
    ]
    if money and not _candidates(scores, "conversions"):
        for i in counts:
            if mean(shapes[i]) < max(mean(shapes[j]) for j in money):
                _lend(
                    scores,
                    i,
                    "revenue",
                    "conversions",
                    "values: whole and small beside amounts of revenue",
                )
    if not _candidates(scores, "revenue"):
        for i, reading in enumerate(readings):
            cents = shapes[i].money or shapes[i].decimals > 0.3
            if "conversions" in reading.fields and cents and not (reading.derived or reading.other):
                _lend(scores, i, "conversions", "revenue", "values: amounts of money, not counts")
        spent = _candidates(scores, "cost")
        if len(spent) == 2 and not any(scores[i]["cost"].proved for i in spent):
            low, high = sorted(spent, key=lambda i: mean(shapes[i]))
            if mean(shapes[high]) > 1.5 * mean(shapes[low]) > 0:
                _lend(scores, high, "cost", "revenue", "values: far above the other cost")


def _lend(scores: list[dict[str, Score]], index: int, said: str, meant: str, why: str) -> None:
    if scores[index][said].proved or scores[index][meant].proved:
        return
    scores[index][said] = Score(0.4, 0.0, (f"name: means {said}",))
    scores[index][meant] = Score(0.6, 0.5, (f"name: means {said}", why))


def _contradictions(shapes: Sequence[Shape], scores: list[dict[str, Score]]) -> None:
    """Take back what the funnel contradicts, unless arithmetic proves it."""
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
        if mean(shapes[a]) < mean(shapes[b]) and lower != "conversions":
            for i, f in ((a, upper), (b, lower)):
                s = scores[i][f]
                scores[i][f] = Score(
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
    field: str,
    index: int,
    score: Score,
    reading: Reading,
    shape: Shape,
    windows: list[int | None],
    *,
    part: bool = False,
) -> tuple[float, ...]:
    """Which of several columns of one meaning comes first."""
    whole = 0.0 if reading.part or part else 1.0
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
    scores: list[dict[str, Score]],
    readings: Sequence[Reading],
    shapes: Sequence[Shape],
    windows: list[int | None],
    parts: dict[str, set[int]],
) -> dict[str, int]:
    """Each field its best column, the surest pairs first."""
    pairs = [
        (
            _rank(f, i, s, readings[i], shapes[i], windows, part=i in parts.get(f, set())),
            f,
            i,
        )
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
    scores: dict[str, Score],
    winners: dict[str, int],
    readings: Sequence[Reading],
    chosen: Mapping[int, str],
    rivals: Callable[[str, int], int],
) -> Proposal:
    reading = readings[index]
    ranked = sorted(((s.value, f) for f, s in scores.items() if s.value > 0.2), reverse=True)
    alternates = tuple(Alternate(f, round(min(v, 0.89), 3)) for v, f in ranked[:5])
    field = next((f for f, i in winners.items() if i == index), None)
    if field is not None and chosen.get(index) == field:
        others = tuple(a for a in alternates if a.field != field)
        return Proposal(column.name, field, 0.6, others, ("chosen among the candidates",))
    if field is not None:
        score = scores[field]
        confidence = _confidence(field, score, reading, rivals=rivals(field, index))
        others = tuple(a for a in alternates if a.field != field)
        return Proposal(column.name, field, confidence, others, score.evidence)
    best = ranked[0][0] if ranked else 0.0
    reasons = tuple(e for s in scores.values() for e in s.evidence if s.value < _TAKE)[:2]
    if best >= _TAKE:
        reasons = (f"another column is the better {ranked[0][1]}",)
    return Proposal(column.name, None, round(1.0 - min(best, 0.6) * 0.7, 3), alternates, reasons)


def _confidence(field: str, score: Score, reading: Reading, *, rivals: int) -> float:
    if score.proved:
        sure = score.preference >= 0.8 and not (rivals and field in {"revenue", "conversions"})
        return round(min(score.value + 0.06, 0.99), 3) if sure else 0.85
    weak = score.preference < 0.9 or reading.part or rivals > 0
    # A name alone is never sure about money, conversions, items and places: names lie there.
    ceiling = 0.95 if field in {"date", "impressions", "clicks"} and not weak else 0.88
    return round(min(score.value, ceiling), 3)
