from __future__ import annotations

import json
import random
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rmnctl.config import ConfigModel, canonical_json, fingerprint_of

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def shuffled(value, dice):
    """The same value with the keys of every object in another order."""
    if isinstance(value, dict):
        items = [(k, shuffled(v, dice)) for k, v in value.items()]
        dice.shuffle(items)
        return dict(items)
    return [shuffled(v, dice) for v in value] if isinstance(value, list) else value


@given(VALUES, st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_change_a_fingerprint(value, dice: random.Random):
    """Objects are equal whatever order their keys were written in."""
    assert fingerprint_of(shuffled(value, dice)) == fingerprint_of(value)


@given(VALUES)
def test_the_canonical_text_is_json_for_the_same_value(value):
    """Nothing is lost: reading the canonical text gives the value back."""
    assert json.loads(canonical_json(value)) == value


@pytest.mark.parametrize(
    ("left", "right"),
    [({"a": 1}, {"a": "1"}), ([1, 2], [2, 1]), ({"a": None}, {}), (0, False), ("é", "e\u0301")],
)
def test_other_values_have_other_fingerprints(left, right):
    """Type, order of lists, presence of a key and spelling all count."""
    assert fingerprint_of(left) != fingerprint_of(right)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_cannot_hold_has_no_fingerprint(value):
    """NaN and infinity have no canonical form and are refused."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        fingerprint_of({"a": value})


def test_a_fingerprint_is_the_same_in_every_process():
    """The seed of Python's own hash has no part in it."""
    code = "from rmnctl.config import fingerprint_of as f; print(f({'b': [1, 'x'], 'a': {'c': 2}}))"
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert told == {fingerprint_of({"a": {"c": 2}, "b": [1, "x"]})}


def test_a_configuration_cannot_change_after_it_was_read():
    """Models are frozen and know their keys."""

    class Asked(ConfigModel):
        size: int = 1

    asked = Asked()
    with pytest.raises(ValueError, match="frozen"):
        asked.size = 2
    with pytest.raises(ValueError, match="Extra inputs"):
        Asked(sise=2)
