"""What may be asked of a plan, and how words become such a question."""

from __future__ import annotations

import re
from enum import StrEnum

from pydantic import Field, model_validator

from rmnctl.agents.briefs.amounts import values
from rmnctl.agents.briefs.kinds import Kind, Value
from rmnctl.agents.briefs.text import read_text
from rmnctl.config import ConfigModel
from rmnctl.errors import ConfigError
from rmnctl.planning import Objective, Scope


class Ask(StrEnum):
    """Kinds of questions; each is answered by solving again."""

    BUDGET = "budget"
    COSTLIEST_LIMIT = "costliest_limit"
    WITHOUT = "without"
    FLOOR = "floor"
    OBJECTIVE = "objective"
    LIMIT = "limit"
    EXPLAIN = "explain"


class Question(ConfigModel):
    """One question about a plan."""

    ask: Ask
    words: str = Field("", description="as it was put")
    change: float | None = Field(None, description="budget: so much more, or less; currency units")
    change_share: float | None = Field(
        None, ge=-1, description="budget: so much more, or less, as a share of it"
    )
    budget: float | None = Field(None, gt=0, description="budget: in place of the plan's own")
    rule: str | None = Field(
        None, description="without: roas_floor, experiment_share, active, or the id of a limit"
    )
    roas_floor: float | None = Field(None, ge=0)
    objective: Objective | None = None
    scope: Scope | None = None
    id: str | None = Field(None, description="limit: retailer, placement or SKU")
    min_share: float | None = Field(None, ge=0, le=1)
    max_share: float | None = Field(None, ge=0, le=1)

    @model_validator(mode="after")
    def _complete(self) -> Question:
        needed = {
            Ask.BUDGET: any(
                v is not None for v in (self.change, self.change_share, self.budget)
            ),
            Ask.WITHOUT: self.rule is not None,
            Ask.FLOOR: self.roas_floor is not None,
            Ask.OBJECTIVE: self.objective is not None,
            Ask.LIMIT: self.id is not None and self.scope is not None
            and (self.min_share is not None or self.max_share is not None),
        }  # fmt: skip
        if not needed.get(self.ask, True):
            raise ValueError(f"a question about {self.ask} lacks what it asks for")
        return self


EXAMPLES = (
    "what would 100k more buy",
    "which limit costs most",
    "what if we dropped the ROAS floor",
    "what if beta got at least 40%",
    "what if we planned for revenue",
)
_LESS = re.compile(
    r"\b(?:less|fewer|cut|cuts|reduce|reduced|lower|minus|drop(?:ped)? by|without)\b"
)
_MORE = re.compile(r"\b(?:more|extra|additional|add|added|increase|raise|another|plus|on top)\b")
_INSTEAD = re.compile(
    r"\b(?:budget (?:of|were|was|is)|only had|instead of|had (?:a total of )?\D{0,4}\d)"
)
_COSTLY = re.compile(
    r"\b(?:which|what)\b.*\b(?:limit|rule|constraint|cap|restriction)s?\b.*"
    r"\b(?:cost|costs|hurt|hurts|expensive|bind|binds|binding|matter|matters|dear)\b"
    r"|\b(?:costliest|most expensive)\b|\bshadow prices?\b"
)
_DROP = re.compile(
    r"\b(?:without|drop|dropped|remove|removed|lift|lifted|ignore|no longer|gave up|give up|scrap|no)\b"
)
_GOALS = (
    (Objective.CONVERSIONS, re.compile(r"\b(?:conversions?|orders)\b")),
    (Objective.INCREMENTAL_MARGIN, re.compile(r"\b(?:margin|profit|contribution)\b")),
    (Objective.INCREMENTAL_REVENUE, re.compile(r"\b(?:revenue|sales|turnover|top line)\b")),
)
_FOR = re.compile(r"\b(?:plan(?:ned|ning)? for|optimi[sz]ed? for|maximi[sz]ed?|objective|goal)\b")
_LEAST = re.compile(r"\b(?:at least|minimum|min|no less than|not less than)\b")
_EXPLAIN = re.compile(r"\b(?:why|explain|how come|tell me about|describe|summari[sz]e)\b")


def read_question(text: str, names: dict[str, Scope], rules: tuple[str, ...] = ()) -> Question:
    """Read a question.

    Args:
        text: The words.
        names: Retailers, placements and SKUs of the plan, with their scope.
        rules: Ids of the limits of the plan's request.

    Raises:
        ConfigError: It is none of the questions that can be answered; names those that can.
    """
    plain = read_text(text)
    low = plain.low
    spans = [(m.start(), m.end()) for n in names for m in _named(n).finditer(low)]
    found = values(plain, spans)
    name = next((n for n in sorted(names, key=len, reverse=True) if _named(n).search(low)), None)
    for reading in (_costly, _without, _floor, _limit, _budget, _objective, _explain):
        question = reading(text, low, found, name, names, rules)
        if question is not None:
            return question
    raise ConfigError(
        "This question cannot be answered by solving again.",
        hint="Ask, for instance: " + "; ".join(f'"{e}"' for e in EXAMPLES) + ".",
    )


def _named(name: str) -> re.Pattern[str]:
    words = re.escape(name.lower()).replace("_", "[_ ]")
    return re.compile(rf"(?<![a-z0-9]){words}(?:s|'s)?(?![a-z0-9])")


def _costly(
    text: str, low: str, found: list[Value], name: str | None, names: dict[str, Scope],
    rules: tuple[str, ...],
) -> Question | None:  # fmt: skip
    del found, name, names, rules
    return Question(ask=Ask.COSTLIEST_LIMIT, words=text) if _COSTLY.search(low) else None


def _without(
    text: str, low: str, found: list[Value], name: str | None, names: dict[str, Scope],
    rules: tuple[str, ...],
) -> Question | None:  # fmt: skip
    del names
    if not _DROP.search(low) or any(v.kind is Kind.SHARE for v in found):
        return None
    rule = None
    if re.search(r"\bfloor\b|\broas\b", low):
        rule = "roas_floor"
    elif "experiment" in low or re.search(r"\btest(?:ing)?\b", low):
        rule = "experiment_share"
    elif re.search(r"\b(?:active|on/off|minimum spend)\b", low):
        rule = "active"
    elif name is not None and name in rules:
        rule = name
    return None if rule is None else Question(ask=Ask.WITHOUT, words=text, rule=rule)


def _floor(
    text: str, low: str, found: list[Value], name: str | None, names: dict[str, Scope],
    rules: tuple[str, ...],
) -> Question | None:  # fmt: skip
    del name, names, rules
    bare = [v for v in found if v.kind in {Kind.NUMBER, Kind.MULTIPLE}]
    if not re.search(r"\bfloor\b|\broas\b", low) or not bare:
        return None
    return Question(ask=Ask.FLOOR, words=text, roas_floor=float(bare[0].low))


def _limit(
    text: str, low: str, found: list[Value], name: str | None, names: dict[str, Scope],
    rules: tuple[str, ...],
) -> Question | None:  # fmt: skip
    del rules
    share = next((float(v.low) for v in found if v.kind is Kind.SHARE), None)
    if name is None or share is None:
        return None
    least = _LEAST.search(low) is not None
    return Question(
        ask=Ask.LIMIT,
        words=text,
        scope=names[name],
        id=name,
        min_share=share if least else None,
        max_share=None if least else share,
    )


def _budget(
    text: str, low: str, found: list[Value], name: str | None, names: dict[str, Scope],
    rules: tuple[str, ...],
) -> Question | None:  # fmt: skip
    del names, rules
    money = [v for v in found if v.kind in {Kind.MONEY, Kind.NUMBER} and v.low > 0]
    shares = [float(v.low) for v in found if v.kind is Kind.SHARE]
    if not money and shares and name is None:
        way = 1.0 if _MORE.search(low) else -1.0 if _LESS.search(low) else None
        if way is None:
            return None
        return Question(ask=Ask.BUDGET, words=text, change_share=way * shares[0])
    if not money:
        return None
    amount = float(money[0].low)
    if _MORE.search(low):
        return Question(ask=Ask.BUDGET, words=text, change=amount)
    if _LESS.search(low):
        return Question(ask=Ask.BUDGET, words=text, change=-amount)
    if _INSTEAD.search(low):
        return Question(ask=Ask.BUDGET, words=text, budget=amount)
    return None


def _objective(
    text: str, low: str, found: list[Value], name: str | None, names: dict[str, Scope],
    rules: tuple[str, ...],
) -> Question | None:  # fmt: skip
    del found, name, names, rules
    if not _FOR.search(low):
        return None
    goal = next((g for g, pattern in _GOALS if pattern.search(low)), None)
    return None if goal is None else Question(ask=Ask.OBJECTIVE, words=text, objective=goal)


def _explain(
    text: str, low: str, found: list[Value], name: str | None, names: dict[str, Scope],
    rules: tuple[str, ...],
) -> Question | None:  # fmt: skip
    del found, name, names, rules
    return Question(ask=Ask.EXPLAIN, words=text) if _EXPLAIN.search(low) else None
