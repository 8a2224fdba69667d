"""Training text of `task_planning`: labelled briefs as sheets, filled in as their labels have it.

A label is a request, or the problem a brief has. What each number and name of the brief is for
follows from it: of all ways to fill in the sheet that end in the labelled request, the one nearest
to how the rules read it. A brief that no such filling mends (a number the rules do not see, say)
teaches nothing and is left out.

Briefs were written for this project by people who had not seen the rules (`labelled_briefs/`).
"""

from __future__ import annotations

import json
import random
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from itertools import combinations, islice
from typing import Any

from rmnctl.agents.briefs import Vocabulary
from rmnctl.agents.briefs.problems import Unplannable
from rmnctl.agents.briefs.reader import prepared
from rmnctl.agents.briefs.reading import Reading
from rmnctl.agents.briefs.sheet import SYSTEM, Sheet, settled, sheet_of
from rmnctl.agents.briefs.understanding import assemble
from rmnctl.planning import PlanRequest
from rmnctl.workflows.corpora.rows import Corpus, Row

#: Files of labelled briefs that are kept for measuring.
HELD_OUT = ("trials_d", "judges_d")
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
    """The fewest boxes to change, found by going down from the best change to a better one."""
    single = [
        (n, word) for n, b in enumerate(sheet.boxes) for word in b.options if word != b.filled
    ]
    asked = brief.request
    wanted = _sorted(PlanRequest.model_validate(asked)) if asked is not None else None

    def far(changes: dict[int, str]) -> float:
        got = _becomes(settled(reading, sheet, changes), vocabulary)
        return _distance(got, wanted) if wanted is not None else float(got not in brief.errors)

    changes: dict[int, str] = {}
    best = far(changes)
    while best > 0 and len(changes) < MOST_CHANGES:
        ways = [{**changes, n: word} for n, word in single if n not in changes]
        scored = [(far(w), k) for k, w in enumerate(ways)]
        if not scored or min(scored)[0] >= best:
            break
        best, k = min(scored)
        changes = ways[k]
    if best == 0:
        return changes
    pairs = (dict(p) for p in combinations(single, 2) if p[0][0] != p[1][0])
    return next((p for p in islice(pairs, MOST_PAIRS) if far(p) == 0), None)


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
