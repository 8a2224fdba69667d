"""Policies fail closed, and of two the stricter holds."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from rmnctl.cleanroom import load_policy
from rmnctl.cleanroom.policy import Policy, stricter
from rmnctl.config import load_config
from rmnctl.errors import ConfigError
from rmnctl.workflows.cleanroom_query import cleanroom_fields, describe
from tests.cleanroom.rooms import METRICS, PLACEMENTS, policy

SHIPPED = sorted(Path("configs/cleanroom").glob("*.yaml"))


def write(folder: Path, data: dict, name: str = "alpha.yaml") -> Path:
    path = folder / name
    path.write_text(yaml.safe_dump(data, sort_keys=False))
    return path


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.name)
def test_every_shipped_policy_loads(path) -> None:
    """The policies of this repository are valid."""
    assert load_config(Policy, path).model.thresholds.min_entities >= 50


def test_policies_are_shipped() -> None:
    """There are policies to load."""
    assert len(SHIPPED) >= 3


@pytest.mark.parametrize(
    "key",
    [
        "schema",
        "retailer",
        "entity_key",
        "thresholds",
        "dominance",
        "dimensions",
        "metrics",
        "refresh",
        "mode",
    ],
)
def test_a_missing_guard_is_an_error(tmp_path, key) -> None:
    """Nothing that guards privacy has a default."""
    data = policy().plain()
    del data[key]
    with pytest.raises(ConfigError, match=key):
        load_policy(write(tmp_path, data))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"thresholds": {"min_records": 100, "min_entities": 100}}, "min_contributors"),
        ({"thresholds": {"min_records": 0, "min_entities": 1, "min_contributors": 1}}, "min_records"),
        ({"metrics": ["revenue", "margin"]}, "metrics"),
        ({"metrics": []}, "metrics"),
        ({"metrics": ["revenue", "revenue"]}, "twice"),
        ({"dominance": {"p_percent": 0}}, "p_percent"),
        ({"dominance": {"p_percent": float("nan")}}, "p_percent"),
        ({"mode": "audited"}, "mode"),
        ({"mode": "dp"}, "dp"),
        ({"dimensions": {"date": {"grain": "hour"}}}, "grain"),
        ({"dimensions": {"date": {"grain": "day"}, "customer_id": {"domain": ["x"]}}}, "customer_id"),
        ({"dimensions": {"date": {"grain": "day"}, "placement_type": {"domain": []}}}, "domain"),
        ({"dimensions": {"date": {"grain": "day"}, "placement_type": {"domain": "catalogue"}}}, "placement"),
        ({"rounding": {"profit": 1}}, "rounding"),
        ({"rounding": {"revenue": 0}}, "rounding"),
        ({"thresolds": {}}, "thresolds"),
    ],
)  # fmt: skip
def test_a_wrong_policy_is_explained(tmp_path, changes, says) -> None:
    """Unknown keys, unknown fields and impossible numbers are errors by field path."""
    with pytest.raises(ConfigError, match=says):
        load_policy(write(tmp_path, policy().plain() | changes))


def test_dp_needs_every_clamp_and_public_dates(tmp_path) -> None:
    """P14: a metric without a bound would be a sum without noise; that is refused."""
    from tests.cleanroom.test_attacks import noisy_policy

    good = noisy_policy().plain()
    for spoiled in (
        good | {"dp": good["dp"] | {"clamps": {"revenue": [0, 5]}}},
        good | {"dp": good["dp"] | {"clamps": good["dp"]["clamps"] | {"cost": [5, 0]}}},
        good | {"dimensions": {"date": {"grain": "week"}}},
        good
        | {"dimensions": {"date": {"grain": "auto", "from": "2026-01-05", "to": "2026-02-01"}}},
        good | {"dp": {k: v for k, v in good["dp"].items() if k != "epsilon_total"}},
    ):
        with pytest.raises(ConfigError):
            load_policy(write(tmp_path, spoiled))


rules = st.builds(
    lambda k, p, metrics, grain, places, delta: policy(
        thresholds={"min_records": k[0], "min_entities": k[1], "min_contributors": k[2]},
        dominance={"p_percent": p},
        metrics=["impressions", *metrics],
        dimensions={"date": {"grain": grain}, "placement_type": {"domain": ["video", *places]}},
        refresh={"min_delta_entities": delta},
    ),
    st.tuples(*[st.integers(1, 200)] * 3),
    st.integers(1, 50),
    st.lists(st.sampled_from(METRICS[1:]), unique=True),
    st.sampled_from(["day", "week", "month", "all", "auto"]),
    st.lists(st.sampled_from(PLACEMENTS[:2]), unique=True),
    st.integers(1, 200),
)


@given(rules, rules)
def test_of_two_policies_the_stricter_wins(one, other) -> None:
    """P8: merged, a policy is never weaker than either in any rule."""
    other = other.model_copy(update={"retailer": "*"})
    both = stricter(one, other)
    order = ["auto", "day", "week", "month", "all"]
    for each in (one, other):
        for name in ("min_records", "min_entities", "min_contributors"):
            assert getattr(both.thresholds, name) >= getattr(each.thresholds, name)
        assert both.dominance.p_percent >= each.dominance.p_percent
        assert set(both.metrics) <= set(each.metrics)
        assert set(both.dimensions.placement_type.domain) <= set(
            each.dimensions.placement_type.domain
        )
        assert both.refresh.min_delta_entities >= each.refresh.min_delta_entities
        if each is one or each.dimensions.date.grain not in {"auto", "day"}:
            assert order.index(both.dimensions.date.grain) >= order.index(
                each.dimensions.date.grain
            )
    assert both.retailer == "alpha"


def test_a_global_policy_beside_it_is_applied(tmp_path) -> None:
    """`global.yaml` in the same folder tightens every retailer's policy by itself."""
    path = write(tmp_path, policy().plain())
    strict = policy(
        retailer="*", thresholds={"min_records": 9, "min_entities": 1, "min_contributors": 1}
    )
    write(tmp_path, strict.plain(), "global.yaml")
    merged = load_policy(path)
    assert (merged.thresholds.min_records, merged.thresholds.min_entities) == (9, 3)
    with pytest.raises(ConfigError, match="global"):
        load_policy(tmp_path / "global.yaml")


def test_metrics_that_tell_each_other_are_one_group() -> None:
    """Linked metrics share their atoms; the rows go with the impressions."""
    assert policy().groups == (
        ("events", "impressions"),
        ("clicks", "cost"),
        ("conversions", "revenue"),
    )
    assert policy(metrics=["revenue"]).groups == (("events",), ("revenue",))
    assert policy(linked=[["impressions", "clicks"]]).groups == (
        ("events", "impressions", "clicks"), ("conversions",), ("revenue",), ("cost",),
    )  # fmt: skip


def test_fields_lists_what_is_blocked_and_why() -> None:
    """`cleanroom fields` names every blocked field of RMIS with its reason."""
    found = cleanroom_fields("alpha")
    assert {"impressions", "revenue", "placement_type", "date", "sku_id"} <= set(found.allowed)
    for name in ("margin", "promo_flag", "stock_level", "creative_text", "geo_detail", "price"):
        assert found.blocked[name] == "never in a clean room"
    assert "customers" in found.blocked["customer_id"]
    assert not set(found.allowed) & set(found.blocked)
    narrow = describe(policy(metrics=["clicks"], linked=[]))
    assert narrow.blocked["revenue"] == "this policy does not offer it"


def test_an_unknown_retailer_has_no_policy() -> None:
    """Asking for a retailer nobody wrote a policy for is a config error with a hint."""
    with pytest.raises(ConfigError, match="No policy"):
        cleanroom_fields("alhpa")
