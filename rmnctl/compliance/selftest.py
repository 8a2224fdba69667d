"""The tests that rules carry: every rule shows what it finds and what it leaves alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from rmnctl.compliance.coverage import ANY_PLATFORM
from rmnctl.compliance.engine import Engine
from rmnctl.compliance.facts import Copy
from rmnctl.compliance.pack import Case, Level, Pack, Rule


@dataclass(frozen=True)
class Failed:
    """An inline test that does not hold.

    Attributes:
        rule: Rule id.
        copy: The words of the test.
        expected: What the rule should say; None for silence.
        found: What it says.
    """

    rule: str
    copy: str
    expected: Level | None
    found: tuple[Level, ...]


def inline_tests(rule: Rule) -> Iterator[tuple[Level | None, Case]]:
    """Every inline test of a rule with the level it expects; None for silence."""
    tests = rule.tests
    yield from ((None, case) for case in tests.passing)
    yield from ((Level.ERROR, case) for case in tests.failing)
    yield from ((Level.NEEDS_FACTS, case) for case in tests.needs_facts)
    yield from ((Level.NEEDS_REVIEW, case) for case in tests.needs_review)


def as_copy(pack: Pack, rule: Rule, case: Case) -> Copy:
    """A test as a line of input; facts of the case set to null are not known."""
    platforms = rule.platforms or tuple(pack.platforms) or (ANY_PLATFORM,)
    context = rule.tests.context | case.context
    return Copy.model_validate(
        {
            "id": rule.id,
            "platform": case.platform or rule.tests.platform or platforms[0],
            "element": case.element or rule.tests.element or rule.elements[0],
            "context": context,
            "copy": case.copy_,
        }
    )


def run_tests(engine: Engine, only: Collection[str] | None = None) -> list[Failed]:
    """Run the inline tests of all rules, or of some.

    Args:
        engine: The packs.
        only: Rule ids.
    """
    failed = []
    for pack, rule in engine.rules():
        if only is not None and rule.id not in only:
            continue
        for expected, case in inline_tests(rule):
            checked = engine.check(as_copy(pack, rule, case))
            found = tuple(f.level for f in checked.findings if f.rule == rule.id)
            heaviest = next((level for level in Level if level in found), None)
            if heaviest is not expected:
                failed.append(Failed(rule.id, case.copy_, expected, found))
    return failed
