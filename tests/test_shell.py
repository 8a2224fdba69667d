from __future__ import annotations

import json

import pytest

from rmnctl.cli.app import main
from rmnctl.cli.shell import guarded
from rmnctl.errors import RunError


def ending(error, argv, capsys):
    """Exit code, stdout and stderr of a call that raises this error."""

    def call():
        raise error

    code = guarded(call, argv)
    return code, *capsys.readouterr()


def test_a_bug_says_its_type_and_never_its_text(capsys):
    """What is not ours may hold data: exit code 70, the type, and how to see more."""
    code, out, err = ending(ValueError("customer 77123"), [], capsys)
    assert (code, out) == (70, "")
    assert "ValueError" in err
    assert "--debug" in err
    assert "77123" not in err


def test_debug_shows_the_traceback_of_a_bug_and_of_an_error(capsys):
    """--debug is the only way to a traceback."""
    for error, code in ((ValueError("x"), 70), (RunError("y"), 3)):
        found, _, err = ending(error, ["--debug"], capsys)
        assert (found, "Traceback" in err) == (code, True)


def test_an_interrupt_ends_with_130(capsys):
    """Ctrl-C outside any command is not a bug."""
    code, out, err = ending(KeyboardInterrupt(), [], capsys)
    assert (code, out, err) == (130, "", "Error: Interrupted; nothing half-written is kept.\n")


def test_an_error_as_json_is_one_envelope_on_stderr(capsys):
    """Code, message, hint and details, and nothing on stdout."""
    error = RunError("No run x.", hint="List them.", details={"candidates": ["y"]})
    code, out, err = ending(error, ["--json"], capsys)
    assert (code, out) == (3, "")
    assert json.loads(err) == {
        "schema": "rmnctl/error/v1",
        "code": "RUN",
        "message": "No run x.",
        "hint": "List them.",
        "details": {"candidates": ["y"]},
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["harmonise"], "harmonise"),
        (["runs", "list", "--nosuch"], "`rmnctl runs list --help` shows what it takes"),
        (["runs", "prune", "--keep", "-1"], "--keep"),
        (["runs", "diff", "x"], "Missing argument"),
    ],
)
def test_a_usage_error_ends_with_2_and_points_to_help(arguments, said, capsys):
    """An unknown command, an unknown option, a bad value, a missing argument."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    out, err = capsys.readouterr()
    assert (caught.value.code, out) == (2, "")
    assert said in err
    assert "--help` shows what it takes." in err


def test_the_version_is_told(capsys):
    """--version prints name and version and ends well."""
    from rmnctl import __version__

    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert (caught.value.code, capsys.readouterr().out) == (0, f"rmnctl {__version__}\n")
