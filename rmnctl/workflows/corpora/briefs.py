"""Training text of `task_planning`: labelled briefs as sheets, filled in as their labels have it.

A label is a request, or the problem a brief has. What each number and name of the brief is for
follows from it: of all ways to fill in the sheet that end in the labelled request, the one nearest
to how the rules read it. A brief that no such filling mends (a number the rules do not see, say)
teaches nothing and is left out.

Briefs were written for this project by people who had not seen the rules (`labelled_briefs/`).
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from itertools import combinations, islice
from typing import Any

from rmnctl.agents.briefs import Vocabulary
from rmnctl.agents.briefs.anchors import Anchor
from rmnctl.agents.briefs.direction import Direction
from rmnctl.agents.briefs.filling import settled
from rmnctl.agents.briefs.kinds import Kind
from rmnctl.agents.briefs.problems import Unplannable
from rmnctl.agents.briefs.reader import prepared
from rmnctl.agents.briefs.reading import Reading
from rmnctl.agents.briefs.roles import Purpose, Role, names_of
from rmnctl.agents.briefs.sheet import NONE, OPEN, PAST, SYSTEM, Sheet, sheet_of
from rmnctl.agents.briefs.understanding import assemble
from rmnctl.planning import PlanRequest
from rmnctl.workflows.corpora.rows import Corpus, Row

#: Files of labelled briefs that are kept for measuring.
HELD_OUT = ("trials_d", "judges_d", "testers_e", "distractions_e", "juries_e", "letters_e")
#: Fillings with two boxes changed that are tried for one brief.
MOST_PAIRS = 400
#: Boxes of one brief that rules may have filled in wrongly.
MOST_CHANGES = 5


@dataclass(frozen=True)
class Labelled:
    """A brief and what should become of it.

    Attributes:
        id: Of the brief.
        file: Where it stands, without suffix.
        text: The brief.
        request: Fields that differ from defaults; None where there is a problem.
        errors: Codes of the problem, any of which is right.
    """

    id: str
    file: str
    text: str
    request: Mapping[str, Any] | None
    errors: tuple[str, ...]


def build(vocabulary: Vocabulary, only: Collection[str] | None = None, seed: int = 5) -> Corpus:
    """Sheets to train on, and those of other files to measure by.

    Args:
        vocabulary: The names that the briefs use.
        only: Files of labelled briefs, without suffix; None: all.
        seed: Same seed, same rows.
    """
    briefs = [b for b in labelled() if only is None or b.file in only]
    rows = [(b, row) for b in briefs if (row := _row(b, vocabulary)) is not None]
    train = [row for b, row in rows if b.file not in HELD_OUT]
    random.Random(seed).shuffle(train)  # noqa: S311  nothing secret is drawn
    return Corpus(tuple(train), tuple(row for b, row in rows if b.file in HELD_OUT))


def labelled() -> Iterator[Labelled]:
    """All labelled briefs, by file and line."""
    folder = files(__package__).joinpath("labelled_briefs")
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            errors = tuple(row.get("error") or ())
            stem = file.name.removesuffix(".jsonl")
            yield Labelled(row["id"], stem, row["brief"], row["request"], errors)


def _row(brief: Labelled, vocabulary: Vocabulary) -> Row | None:
    found = filled_in(brief, vocabulary)
    if found is None:
        return None
    _, sheet, filled = found
    return Row(
        prompt=sheet.prompt,
        answer="".join(sheet.answer(filled)),
        wording=brief.id,
        subject="request" if brief.request is not None else "problem",
        system=SYSTEM,
    )


def filled_in(
    brief: Labelled, vocabulary: Vocabulary
) -> tuple[Reading, Sheet, tuple[str, ...]] | None:
    """The sheet of a labelled brief, filled in so that it ends in the label; None if none does."""
    try:
        reading = prepared(brief.text, vocabulary)
    except Unplannable:
        return None
    sheet = sheet_of(reading)
    changes = _found(brief, reading, sheet, vocabulary)
    if changes is None:
        return None
    return reading, sheet, tuple(changes.get(n, b.filled) for n, b in enumerate(sheet.boxes))


def _found(
    brief: Labelled, reading: Reading, sheet: Sheet, vocabulary: Vocabulary
) -> dict[int, str] | None:
    """The boxes to change, few and in the label's favour; None where no filling mends the brief."""
    asked = brief.request
    wanted = _sorted(PlanRequest.model_validate(asked)) if asked is not None else None

    def far(changes: dict[int, str]) -> float:
        got = _becomes(settled(reading, sheet, changes), vocabulary)
        return _distance(got, wanted) if wanted is not None else float(got not in brief.errors)

    changes = _down(sheet, {}, far)
    if changes is None and wanted is not None:
        # One problem can hide another: then from the label's own amounts.
        changes = _down(sheet, _as_wanted(reading, sheet, wanted), far)
    if changes is not None:
        return _needed(changes, far)
    pairs = (dict(p) for p in combinations(_single(sheet), 2) if p[0][0] != p[1][0])
    return next((p for p in islice(pairs, MOST_PAIRS) if far(p) == 0), None)


def _single(sheet: Sheet) -> list[tuple[int, str]]:
    """Every box with each word that rules have not."""
    return [(n, word) for n, b in enumerate(sheet.boxes) for word in b.options if word != b.filled]


def _down(
    sheet: Sheet, start: dict[int, str], far: Callable[[dict[int, str]], float]
) -> dict[int, str] | None:
    """From a filling by the best change to a better one, down to the label; None if not reached."""
    changes, single = start, _single(sheet)
    best = far(changes)
    for _ in range(MOST_CHANGES):
        if best == 0:
            return changes
        ways = [{**changes, n: word} for n, word in single if n not in start]
        ways += [{k: w for k, w in changes.items() if k != n} for n in changes]
        scored = [(far(w), k) for k, w in enumerate(ways)]
        if not scored or min(scored)[0] >= best:
            return None
        best, k = min(scored)
        changes = ways[k]
    return changes if best == 0 else None


def _needed(changes: dict[int, str], far: Callable[[dict[int, str]], float]) -> dict[int, str]:
    """Without those changes that the label does not need; numbers told of stay so."""
    for n in list(changes):
        fewer = {k: word for k, word in changes.items() if k != n}
        if far(fewer) == 0:
            changes = fewer
    return changes


def _as_wanted(reading: Reading, sheet: Sheet, wanted: dict[str, Any]) -> dict[int, str]:
    """A filling by value: each number what the labelled request has that amount for, or told of."""
    asked = {*wanted["retailers"], *(x["id"] for x in wanted["limits"])}
    made: dict[int, str] = {}
    for n, box in enumerate(sheet.boxes):
        if isinstance(box.about, int):
            ways = [
                word
                for word in box.options
                if word not in {OPEN, PAST}
                and _is_wanted(settled(reading, sheet, {n: word}).roles[box.about], wanted)
            ]
            exact = [w for w in ways if w.startswith(" is ")]
            word = box.filled if box.filled in ways else [*exact, *ways, PAST][0]
        elif isinstance(box.about, Anchor):
            ids = {i for m in box.about.mentions for i in m.ids}
            told = not ids & asked and NONE in box.options
            word = NONE if told else box.filled
        else:
            word = _GOALS[wanted["objective"]]
        if word != box.filled and word in box.options:
            made[n] = word
    return made


_GOALS = {
    "incremental_margin": " profit",
    "incremental_revenue": " revenue",
    "conversions": " orders",
}
_FIELDS = {
    Purpose.BUDGET: ("budget",),
    Purpose.HORIZON: ("horizon_days",),
    Purpose.ROAS: ("roas_floor",),
    Purpose.CELLS: ("max_active_cells",),
    Purpose.ACTIVE: ("active_min_spend",),
}
_BOUNDS = {Direction.LEAST: ("min",), Direction.MOST: ("max",)}


def _is_wanted(role: Role, wanted: dict[str, Any]) -> bool:
    """Whether a request has a number's value for what it is filled in as."""
    low = float(role.value.low)
    money = role.value.kind is Kind.MONEY
    if role.purpose is Purpose.EXPERIMENT:
        part = low / wanted["budget"] if money else low
        return math.isclose(part, wanted["experiment_share"], rel_tol=_NEAR)
    if role.purpose is not Purpose.LIMIT:
        had = (wanted[f] for f in _FIELDS.get(role.purpose, ()))
        return any(h is not None and math.isclose(low, h, rel_tol=_NEAR) for h in had)
    names = names_of(role)
    unit = "spend" if money else "share"
    limits = [x for x in wanted["limits"] if x["id"] in names]
    return len(limits) == len(names) > 0 and all(
        x.get(f"{way}_{unit}") is not None
        and math.isclose(low, x[f"{way}_{unit}"], rel_tol=_NEAR, abs_tol=_NEAR)
        for x in limits
        for way in _BOUNDS.get(role.direction, ("min", "max"))
    )


_NEAR = 1e-6


def _becomes(reading: Reading, vocabulary: Vocabulary) -> dict[str, Any] | str:
    """The request of a reading, or the code of its problem."""
    try:
        return _sorted(assemble(reading, vocabulary)[0])
    except Unplannable as stopped:
        return stopped.problem.code.value


def _distance(got: dict[str, Any] | str, wanted: dict[str, Any]) -> float:
    """How many fields and limits differ; more than all of them where there is no request."""
    if isinstance(got, str):
        return 100
    limits = {json.dumps(x, sort_keys=True) for x in got["limits"]}
    others = {json.dumps(x, sort_keys=True) for x in wanted["limits"]}
    other = [k for k in wanted if k != "limits" and got[k] != wanted[k]]
    return len(limits ^ others) + len(other)


def _sorted(request: PlanRequest) -> dict[str, Any]:
    plain = request.plain()
    limits = sorted(plain["limits"], key=lambda x: (x["scope"], x["id"]))
    return plain | {"limits": limits, "retailers": sorted(plain["retailers"])}
