from __future__ import annotations

from pathlib import Path

import pytest

from rmnctl.config import load_settings
from rmnctl.config.settings import PROJECT_FILE, user_file
from rmnctl.errors import ConfigError


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A machine of its own: an empty home, and a working directory without settings."""
    for name in ("HOME", "XDG_CONFIG_HOME", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    user_file().parent.mkdir(parents=True)
    assert tmp_path in user_file().parents
    return tmp_path


SOURCES = ["user", "project", "environment", "flag"]


@pytest.mark.parametrize("highest", range(len(SOURCES) + 1))
def test_flag_over_environment_over_project_over_user_over_default(highest, home):
    """With every source up to one in force that one decides, and is named as the origin."""
    del home
    given = SOURCES[:highest]
    if "user" in given:
        user_file().write_text("runs: from_user\n")
    if "project" in given:
        PROJECT_FILE.write_text("runs: from_project\n")
    environment = {"RMNCTL_RUNS": "from_environment"} if "environment" in given else {}
    flags = {"runs": Path("from_flag")} if "flag" in given else {"runs": None}
    settings, origin = load_settings(flags, environment)
    expected = f"from_{SOURCES[highest - 1]}" if highest else "runs"
    names = ["default", str(user_file()), "rmnctl.yaml", "RMNCTL_RUNS", "flag"]
    assert (settings.runs, origin["runs"]) == (Path(expected), names[highest])


def test_every_key_has_its_own_origin(home):
    """One source does not hide what another says about other keys."""
    del home
    user_file().write_text("threads: 3\nmemory_mb: 400\n")
    PROJECT_FILE.write_text("memory_mb: 500\n")
    settings, origin = load_settings({"json": True}, {"RMNCTL_RUNS": "r"})
    assert settings.plain() == {
        "runs": "r",
        "json": True,
        "threads": 3,
        "cache": None,
        "memory_mb": 500,
    }
    assert origin == {
        "runs": "RMNCTL_RUNS",
        "json": "flag",
        "threads": str(user_file()),
        "cache": "default",
        "memory_mb": "rmnctl.yaml",
    }


def test_the_process_environment_is_used_unless_another_is_given(home, monkeypatch):
    """RMNCTL_* of the process counts; other variables do not."""
    del home
    monkeypatch.setenv("RMNCTL_MEMORY_MB", "700")
    monkeypatch.setenv("RUNS", "elsewhere")
    settings, origin = load_settings()
    assert (settings.memory_mb, settings.runs) == (700, Path("runs"))
    assert origin["memory_mb"] == "RMNCTL_MEMORY_MB"


@pytest.mark.parametrize(("text", "value"), [("1", True), ("true", True), ("0", False)])
def test_a_switch_in_the_environment_is_a_word(text, value, home):
    """RMNCTL_JSON takes the usual words for yes and no."""
    del home
    assert load_settings({}, {"RMNCTL_JSON": text})[0].json_output is value


def test_both_names_of_a_key_are_one_key(home):
    """A file may use the field's own name; a stronger source still overrides it."""
    del home
    PROJECT_FILE.write_text("json_output: true\n")
    settings, origin = load_settings({}, {"RMNCTL_JSON": "false"})
    assert (settings.json_output, origin["json"]) == (False, "RMNCTL_JSON")


@pytest.mark.parametrize("text", ["", "{}\n", "# nothing yet\n"])
def test_an_empty_settings_file_changes_nothing(text, home):
    """A file without keys leaves the defaults."""
    del home
    PROJECT_FILE.write_text(text)
    settings, origin = load_settings({}, {})
    assert (settings.runs, set(origin.values())) == (Path("runs"), {"default"})


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("run: x\n", "rmnctl.yaml:1: run: unknown key. Did you mean runs?"),
        ("\nthreads: 0\n", "rmnctl.yaml:2: threads: Input should be greater than"),
        ("- runs\n", "rmnctl.yaml must hold keys and values"),
    ],
)
def test_a_fault_in_a_settings_file_names_file_and_line(text, fault, home):
    """Even where a stronger source would override the key."""
    del home
    PROJECT_FILE.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_settings({"runs": Path("x")}, {"RMNCTL_THREADS": "2"})
    assert fault in caught.value.message


def test_a_fault_in_the_environment_names_the_environment(home):
    """A bad variable is not blamed on a file, and its text is not repeated."""
    del home
    with pytest.raises(ConfigError, match=r"environment \(RMNCTL_<KEY>\)") as caught:
        load_settings({}, {"RMNCTL_THREADS": "hunter77", "RMNCTL_MEMORY_MB": "1"})
    assert [f.split(":")[0] for f in caught.value.details["faults"]] == ["threads", "memory_mb"]
    assert "hunter77" not in caught.value.message
