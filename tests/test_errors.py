from __future__ import annotations

import pytest

from rmnctl import errors
from rmnctl.errors import EXIT_CODES, Failure, RmnctlError, did_you_mean


def kinds(base=RmnctlError):
    """Every error of this module, the base included."""
    found = [base] if base.__module__ == errors.__name__ else []
    return found + [kind for child in base.__subclasses__() for kind in kinds(child)]


def test_each_kind_of_error_has_its_documented_exit_code():
    """The codes that scripts rely on."""
    assert {kind.__name__: kind.exit_code for kind in kinds()} == {
        "RmnctlError": 1,
        "Failure": 1,
        "ConfigError": 2,
        "InputError": 3,
        "RunError": 3,
        "PolicyRefusal": 4,
        "Findings": 5,
        "Interrupted": 130,
    }
    assert {kind.exit_code for kind in kinds()} | {0, 70} == set(EXIT_CODES)


def test_an_error_carries_what_and_what_next():
    """Message, hint and details are kept apart; the text of the exception is the message."""
    given = {"folder": "runs"}
    error = Failure("The disk is full.", hint="Free some.", details=given)
    given["folder"] = "changed"
    assert (str(error), error.message, error.hint) == (
        "The disk is full.",
        "The disk is full.",
        "Free some.",
    )
    assert error.details == {"folder": "runs"}
    assert (Failure("x").hint, Failure("x").details) == (None, {})


@pytest.mark.parametrize(
    ("word", "choices", "sentence"),
    [
        ("budgte", ["name", "budget"], "Did you mean budget?"),
        ("alpha1", ["alpha2", "alpha3"], "Did you mean alpha3 or alpha2?"),
        ("zzz", ["b", "a", "a"], "Known: a, b."),
        ("zzz", [], "None exist yet."),
    ],
)
def test_the_nearest_choices_are_offered_else_all(word, choices, sentence):
    """Near words first; where none is near, all that exist, sorted and once each."""
    assert did_you_mean(word, choices) == sentence
