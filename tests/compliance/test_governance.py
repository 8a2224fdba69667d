"""Policies of brands and retailers against plans and copy."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from rmnctl.compliance import Copy, Engine
from rmnctl.compliance.governance import (
    Finding,
    GovernancePolicy,
    Level,
    Line,
    PlanFacts,
    check_copies,
    check_plan,
)
from rmnctl.config import Settings, load_config
from rmnctl.errors import ConfigError, Findings, InputError
from rmnctl.workflows.check_plan import CheckPlanConfig, raise_findings
from rmnctl.workflows.check_plan import check_plan as command

ROOT = Path(__file__).parent.parent.parent
LINES = (
    Line("alpha", "video", "s1", Decimal("30.00")),
    Line("alpha", "search", "s2", Decimal("50.00")),
    Line("beta", "video", "s1", Decimal("20.00")),
)


def plan(**more: Any) -> PlanFacts:
    """A plan of 100 on three cells, 28 days."""
    facts: dict[str, Any] = {
        "brand": "x", "budget": Decimal(100), "currency": "USD", "days": 28, "lines": LINES,
        "categories": {"s1": ("Vitamins", "Wellness"), "s2": ("Craft Beer", "Beverages")},
    }  # fmt: skip
    return PlanFacts(**facts | more)


def policy(**rules: Any) -> GovernancePolicy:
    """A policy with these rules alone."""
    return GovernancePolicy.model_validate({"policy": "p", **rules})


def seen(findings: list[Finding]) -> list[tuple[str, str]]:
    """Rule and level of each finding."""
    return [(f.rule, f.level.value) for f in findings]


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({}, []),
        ({"blocked_categories": ["vitamins"]}, [("blocked_categories", "breach")]),
        ({"blocked_categories": ["wellness"]}, [("blocked_categories", "breach")]),
        ({"blocked_categories": ["alcohol"]}, [("blocked_categories", "breach")]),
        ({"blocked_categories": ["tobacco"]}, []),
        ({"blocked_skus": ["s2"]}, [("blocked_skus", "breach")]),
        ({"blocked_placements": ["search"]}, [("blocked_placements", "breach")]),
        ({"allowed_placements": ["video"]}, [("allowed_placements", "breach")]),
        ({"allowed_retailers": ["alpha"]}, [("allowed_retailers", "breach")]),
        ({"spend_caps": [{"placement": "video", "max_share": 0.5}]}, []),
        ({"spend_caps": [{"placement": "video", "max_share": 0.49}]}, [("spend_caps.0", "breach")]),
        ({"spend_caps": [{"max_spend": 99.99}]}, [("spend_caps.0", "breach")]),
        ({"spend_caps": [{"retailer": "beta", "placement": "video", "max_spend": 20}]}, []),
        ({"spend_caps": [{"category": "vitamins", "max_spend": 40}]}, [("spend_caps.0", "breach")]),
        ({"brand_id": "y", "blocked_skus": ["s1"]}, []),
        ({"retailer_id": "beta", "spend_caps": [{"max_spend": 20}]}, []),
        ({"retailer_id": "gamma", "blocked_skus": ["s1"]}, []),
        ({"currency": "EUR", "spend_caps": [{"max_spend": 1}]}, [("currency", "breach")]),
        ({"flight": {"not_before": "2026-01-01"}}, [("flight", "needs_facts")]),
    ],
)  # fmt: skip
def test_a_plan_is_held_to_every_rule(
    rules: dict[str, Any], expected: list[tuple[str, str]], engine: Engine
) -> None:
    """Each rule of a policy is a finding where the plan breaks it, and silent elsewhere."""
    assert seen(check_plan(plan(), policy(**rules), engine.vocabulary.families_of)) == expected


@pytest.mark.parametrize(
    ("flight", "expected"),
    [
        ({"not_before": "2026-12-02"}, ["flight.not_before"]),
        ({"not_after": "2026-12-27"}, ["flight.not_after"]),
        ({"not_after": "2026-12-28"}, []),
        ({"max_days": 27}, ["flight.max_days"]),
        ({"blackouts": [{"start": "2026-12-28", "end": "2026-12-31"}]}, ["flight.blackouts"]),
        ({"blackouts": [{"start": "2026-12-29", "end": "2026-12-31"}]}, []),
    ],
)
def test_a_flight_counts_its_first_and_last_day(
    flight: dict[str, Any], expected: list[str]
) -> None:
    """Twenty-eight days from 1 December end on 28 December."""
    found = check_plan(plan(start=date(2026, 12, 1)), policy(flight=flight))
    assert [f.rule for f in found] == expected


def test_goods_of_unknown_category_are_not_cleared() -> None:
    """Where goods are blocked by category, each SKU without one is asked for."""
    found = check_plan(plan(categories={"s1": ("Oats",)}), policy(blocked_categories=["alcohol"]))
    assert [(f.level, dict(f.where)) for f in found] == [(Level.NEEDS_FACTS, {"sku_id": "s2"})]


def test_a_cap_is_held_to_the_cent_and_says_what_to_move() -> None:
    """Money is added as decimals, so that ten dimes are a dollar."""
    dimes = tuple(Line("alpha", "video", f"s{n}", Decimal("0.10")) for n in range(10))
    caps = policy(spend_caps=[{"max_spend": 1}])
    assert check_plan(plan(lines=dimes), caps) == []
    more = (*dimes, Line("alpha", "video", "s0", Decimal("0.01")))
    (found,) = check_plan(plan(lines=more), caps)
    assert found.message == "the whole plan gets 1.01; at most 1.00 is allowed."
    assert found.suggest is not None
    assert "0.01" in found.suggest


def copy(**facts: Any) -> Copy:
    """A piece of copy for vitamins."""
    line = {"id": 7, "platform": "any", "element": "body", "copy": "Two a day", "context": facts}
    return Copy.model_validate(line)


FINE = policy(required_disclaimers=[{"text": "Not a medicine.", "categories": "vitamins"}])


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"category": "vitamins", "disclaimer": []}, [("required_disclaimers.0", "breach")]),
        ({"category": "vitamins"}, [("required_disclaimers.0", "needs_facts")]),
        ({"disclaimer": []}, [("required_disclaimers.0", "needs_facts")]),
        ({"category": "Vitamins", "disclaimer": ["NOT  a medicine."]}, []),
        ({"category": "vitamins", "shown_text": "Not a medicine."}, []),
        ({"category": "oats", "disclaimer": []}, []),
    ],
)
def test_fine_print_is_asked_for_where_it_belongs(
    facts: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """Missing words are a breach; words of which nobody told are a missing fact."""
    assert seen(check_copies([copy(**facts)], FINE)) == expected


def test_copy_is_held_to_goods_flights_and_platforms(engine: Engine) -> None:
    """A copy's own category and flight count, on the platforms that the policy governs."""
    rules = policy(blocked_categories=["alcohol"], flight={"not_after": "2026-06-01"})
    given = copy(category="beer", flight={"start": "2026-05-01", "end": "2026-06-02"})
    families = engine.vocabulary.families_of
    found = check_copies([given], rules, families)
    assert [f.rule for f in found] == ["blocked_categories", "flight.not_after"]
    elsewhere = rules.model_copy(update={"platforms": ("kroger_email",)})
    assert check_copies([given], elsewhere, families) == []
    assert [f.level for f in check_copies([copy()], rules, families)] == [Level.NEEDS_FACTS]


def document(spend: float = 30.5) -> dict[str, Any]:
    """The parts of a plan.json that governance reads."""
    cells = [("alpha", "video", spend), ("alpha", "search", 0.0)]
    return {
        "request": {"brand_id": "x", "budget": 100, "currency": "USD", "horizon_days": 28},
        "allocation": [
            {"retailer_id": r, "placement_type": p, "sku_id": "s1", "spend": s} for r, p, s in cells
        ],
    }


def test_a_plan_document_is_read_and_one_that_lacks_parts_refused() -> None:
    """Lines of no spend are left out; a missing part is named."""
    assert PlanFacts.from_document(document()).lines == (
        Line("alpha", "video", "s1", Decimal("30.50")),
    )
    broken = document()
    del broken["request"]["budget"]
    with pytest.raises(InputError, match="budget"):
        PlanFacts.from_document(broken)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A plan, a policy that caps video at 30, and a catalogue."""
    (tmp_path / "plan.json").write_text(json.dumps(document()), encoding="utf-8")
    (tmp_path / "p.yaml").write_text(
        "policy: p\nspend_caps: [{placement: video, max_spend: 30}]\nblocked_categories: [beer]\n",
        encoding="utf-8",
    )
    (tmp_path / "catalogue.csv").write_text("sku_id,category\ns1,Oats\n", encoding="utf-8")
    return tmp_path


def test_the_command_writes_its_findings_and_ends_with_them(folder: Path) -> None:
    """governance.json holds the verdict; a breach raises, exit code 5."""
    config = CheckPlanConfig(policies=(folder / "p.yaml",), catalogue=str(folder / "catalogue.csv"))
    done = command(str(folder / "plan.json"), config, Settings(runs=folder / "runs"))
    assert json.loads((done.run.folder / "governance.json").read_text())["verdict"] == "breach"
    assert [f.rule for f in done.findings] == ["spend_caps.0"]
    with pytest.raises(Findings, match="1 breaches") as caught:
        raise_findings(done)
    assert caught.value.exit_code == 5


def test_what_is_no_policy_plan_or_catalogue_is_refused(folder: Path) -> None:
    """Each bad file is named, and nothing is cleared."""
    settings = Settings(runs=folder / "runs")
    plan_path, good = str(folder / "plan.json"), folder / "p.yaml"
    bad = folder / "bad.yaml"
    bad.write_text("policy: p\nspend_caps: [{placement: video}]\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="max_spend or max_share"):
        command(plan_path, CheckPlanConfig(policies=(bad,)), settings)
    with pytest.raises(ConfigError, match="needs a policy"):
        command(plan_path, CheckPlanConfig(policies=()), settings)
    config = CheckPlanConfig(policies=(good,), catalogue=str(folder / "p.yaml"))
    with pytest.raises(InputError, match="no table"):
        command(plan_path, config, settings)
    (folder / "list.json").write_text("[]", encoding="utf-8")
    with pytest.raises(InputError, match="no plan"):
        command(str(folder / "list.json"), CheckPlanConfig(policies=(good,)), settings)
    copies = folder / "copies.jsonl"
    copies.write_text("{}\n", encoding="utf-8")
    with pytest.raises(InputError, match="bad line"):
        command(plan_path, CheckPlanConfig(policies=(good,), copies=copies), settings)


def test_shipped_policies_are_read() -> None:
    """Every example says whose it is."""
    paths = sorted((ROOT / "configs" / "governance").glob("*.yaml"))
    policies = [load_config(GovernancePolicy, p).model for p in paths]
    assert [p.policy for p in policies] == [p.stem for p in paths] == ["alpha", "brand_x"]
