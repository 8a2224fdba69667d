"""Every rule is complete, says where it comes from, and does what its own tests say."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from rmnctl.compliance import Engine, Level, load_packs
from rmnctl.compliance.pack import all_rules
from rmnctl.compliance.selftest import inline_tests, run_tests
from rmnctl.errors import ConfigError

PACKS = Path(__file__).parent.parent.parent / "configs" / "compliance"
RULES = all_rules(load_packs(PACKS)[1])
PUBLISHED = [
    f"{letter}{number:02d}"
    for letter, last in {"A": 28, "W": 7, "I": 5, "C": 4, "K": 11, "L": 20}.items()
    for number in range(1, last + 1)
]


def test_every_published_rule_has_its_place() -> None:
    """The packs hold the 75 published rules under their ids, and nothing else."""
    assert sorted(RULES) == sorted(PUBLISHED)


@pytest.mark.parametrize("rule_id", PUBLISHED)
def test_a_rule_does_what_its_own_tests_say(rule_id: str, engine: Engine) -> None:
    """Passing tests keep the rule silent; the others make it say what they say."""
    assert run_tests(engine, {rule_id}) == []


@pytest.mark.parametrize("rule_id", PUBLISHED)
def test_a_rule_shows_both_sides(rule_id: str) -> None:
    """A rule has a test in which it is silent and one in which it speaks."""
    _, rule = RULES[rule_id]
    levels = {level for level, _ in inline_tests(rule)}
    assert None in levels
    assert levels & set(Level)


@pytest.mark.parametrize("rule_id", PUBLISHED)
def test_a_rule_is_read_again_within_a_year(rule_id: str) -> None:
    """The date of review follows the date of reading by a year at most."""
    _, rule = RULES[rule_id]
    assert date(2026, 1, 1) <= rule.seen_on < rule.review_by <= rule.seen_on + timedelta(days=366)


def test_a_facts_rule_asks_where_nothing_is_known(engine: Engine) -> None:
    """Rules settled by substantiation have a test in which the fact is missing."""
    asking = {
        rule.id
        for _, rule in RULES.values()
        if any(c.evidence and c.evidence_unknown == "needs_facts" for c in rule.checks)
        and rule.level is Level.ERROR
    }
    tested = {r.id for _, r in RULES.values() if r.tests.needs_facts}
    # A24 and the like never ask; L02's and A22's evidence stands in conditions.
    assert asking - tested == set()
    assert len(asking) > 10
    del engine


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("extends: max_length", "extends: max_lenght"), "extends"),
        (("maximum: 45", "maximun: 45"), "maximun"),
        (("id: W01", "id: W02"), "W02"),
        (("fact: click_url, state", "fact: click_link, state"), "click_link"),
    ],
)
def test_a_malformed_pack_is_explained(
    change: tuple[str, str], message: str, tmp_path: Path
) -> None:
    """A misspelt key, kind or fact, and a repeated id, are configuration errors that name it."""
    (tmp_path / "words.yaml").write_text((PACKS / "words.yaml").read_text())
    text = (PACKS / "walmart.yaml").read_text()
    assert change[0] in text
    (tmp_path / "walmart.yaml").write_text(text.replace(*change, 1))
    with pytest.raises(ConfigError, match=message):
        load_packs(tmp_path)


def test_a_folder_without_packs_is_an_error(tmp_path: Path) -> None:
    """No rules is never taken for no objections."""
    with pytest.raises(ConfigError, match="no rule packs"):
        load_packs(tmp_path)
