from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal

import pytest
from pydantic import Field

from rmnctl.config import ConfigModel, load_config, parse_overrides, read_yaml
from rmnctl.config.yaml_file import MAX_BYTES, relative_to_config
from rmnctl.errors import ConfigError


class Curve(ConfigModel):
    """How sales answer spend."""

    family: Literal["hill", "s_curve"] = "hill"
    half_spend: float = Field(100.0, gt=0)


class Flat(ConfigModel):
    """No answer at all."""

    level: float


class Shop(ConfigModel):
    """One shop."""

    name: str
    opened: date | None = None


class Plan(ConfigModel):
    """A configuration with every kind of nesting."""

    schema_: Literal["test/plan/v1"] = Field("test/plan/v1", alias="schema")
    budget: int = 10
    password: int = 0
    curve: Curve = Curve()
    base: Curve | Flat | None = None
    shops: tuple[Shop, ...] = ()
    weights: dict[str, float] = Field(default_factory=dict)


@pytest.fixture
def write(tmp_path):
    """Write a configuration; gives its path."""

    def write(content):
        path = tmp_path / "plan.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def refusal(path, overrides=()):
    """The error with which loading ends."""
    with pytest.raises(ConfigError) as caught:
        load_config(Plan, path, overrides)
    assert caught.value.exit_code == 2
    return caught.value


def test_a_file_is_read_into_its_model(write):
    """Values given are taken, the rest are defaults, and the source is remembered."""
    path = write("schema: test/plan/v1\nbudget: 5\nshops: [{name: a, opened: 2026-01-05}]\n")
    loaded = load_config(Plan, path)
    assert loaded.model == Plan(budget=5, shops=(Shop(name="a", opened=date(2026, 1, 5)),))
    assert (loaded.path, loaded.overrides) == (path, ())


def test_without_a_file_the_defaults_are_the_configuration():
    """None means nothing was given, and overrides still apply."""
    assert load_config(Plan, None).model == Plan()
    assert load_config(Plan, None, ["budget=7"]).model == Plan(budget=7)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("\nbudgte: 1\n", ":2: budgte: unknown key. Did you mean budget?"),
        ("curve:\n  famly: hill\n", ":2: curve.famly: unknown key. Did you mean family?"),
        (
            "shops:\n  - name: a\n  - name: b\n    opend: 2026-01-05\n",
            ":4: shops.1.opend: unknown key. Did you mean opened?",
        ),
        ("curve: {zzz: 1}\n", ":1: curve.zzz: unknown key. Known: family, half_spend."),
    ],
)
def test_an_unknown_key_is_answered_with_line_and_nearest_key(text, fault, write):
    """At any depth: file, line, field path, and the keys that may stand there."""
    path = write(text)
    assert refusal(path).details["faults"] == [f"{path}{fault}"]


def test_an_unknown_key_of_a_union_is_answered_from_all_its_members(write):
    """Where two models may stand, the keys of both are offered."""
    text = refusal(write("base: {lewel: 1}\n")).message
    assert "Did you mean level?" in text


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("budget: 1\n\nbudget: 2\n", "plan.yaml:3: duplicate key 'budget'."),
        ("curve:\n  family: hill\n  family: hill\n", "plan.yaml:3: duplicate key 'family'."),
        ("shops: [{name: a, name: b}]\n", "plan.yaml:1: duplicate key 'name'."),
    ],
)
def test_a_repeated_key_is_refused(text, where, write):
    """YAML would silently take the last one; here the second is named with its line."""
    assert refusal(write(text)).message.endswith(where)


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        ("schema: test/plan/v1\nbudget: many\n", 2, "budget"),
        ("schema: test/plan/v2\n", 1, "schema"),
        ("curve:\n  half_spend: -1\n", 2, "curve.half_spend"),
        ("shops:\n  - name: a\n  - {}\n", 3, "shops.1.name"),
        ("weights:\n  a: 1\n  b: x\n", 3, "weights.b"),
        ("budget: null\n", 1, "budget"),
    ],
)
def test_a_wrong_value_is_named_by_line_and_field(text, line, field, write):
    """Type, range, version and missing keys: one fault, where it stands."""
    path = write(text)
    (fault,) = refusal(path).details["faults"]
    assert fault.startswith(f"{path}:{line}: {field}: ")


def test_all_faults_are_reported_at_once(write):
    """Four mistakes are four faults in one message, each with its own line."""
    path = write("budgte: 1\nbudget: x\ncurve:\n  family: cubic\nshops:\n  - opened: never\n")
    error = refusal(path)
    found = [fault.removeprefix(f"{path}:").split(": ")[:2] for fault in error.details["faults"]]
    assert sorted(found) == [
        ["1", "budgte"],
        ["2", "budget"],
        ["4", "curve.family"],
        ["6", "shops.0.name"],
        ["6", "shops.0.opened"],
    ]
    assert "has 5 faults" in error.message
    assert all(fault in error.message for fault in error.details["faults"])
    assert "config show --schemas" in error.hint


@pytest.mark.parametrize(
    "line",
    [
        "password: hunter77",
        "password: [hunter77]",
        "password: {hunter: 77}",
        "password: *hunter77",
        "password: !hunter77",
        "password: !!int hunter77",
        "password: !!float hunter77",
        "password: 2026-77-77",
        "password: 'hunter77",
        "password: {hunter77",
        "curve: {family: hunter77}",
        "base: {level: hunter77}",
        "shops: [{name: a, opened: hunter77}]",
    ],
)
def test_no_value_is_ever_repeated(line, write):
    """A message may be pasted anywhere, so it holds keys and lines, never what was typed."""
    error = refusal(write(line + "\n"))
    assert "77" not in f"{error.message} {error.hint} {error.details}"
    key, _, value = line.partition(": ")
    error = refusal(None, [f"{key}={value}"])
    assert "77" not in f"{error.message} {error.hint} {error.details}"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "must hold keys and values"),
        (b"- a\n- b\n", "must hold keys and values"),
        (b"just words", "must hold keys and values"),
        (b"\xff\xfeb\x00", "is not UTF-8 text"),
        (b"budget: 1\nshops: [\n", ":3: "),
        (b"budget:\t1\n", ":1: found character"),
        (b"a: 1\n---\nb: 2\n", ":2: but found another document"),
        (b"a: &x [*x]\n", ":1: found unconstructable recursive node"),
        (b"? [a, b]\n: 1\n", ":1: a key must be a plain word"),
        (b"a: 2026-02-30\n", ":1: this is no valid timestamp"),
        (b"a: " + b"[" * 3000, "is nested too deeply"),
        (b"a: '" + b"x" * MAX_BYTES + b"'", "is larger than 4 MiB"),
    ],
    ids=lambda v: repr(v[:12]) if isinstance(v, bytes) else "",
)
def test_a_file_that_is_no_configuration_is_refused(content, message, write):
    """Empty, a list, binary, broken or huge: the file is named with what is wrong."""
    path = write(content)
    error = refusal(path)
    assert message in error.message
    assert str(path) in error.message


def test_a_missing_file_is_answered_with_its_neighbour(write):
    """The nearest YAML in that folder is offered; in an empty folder nothing is."""
    path = write("budget: 1\n")
    error = refusal(path.with_name("plans.yaml"))
    assert error.message == f"{path.with_name('plans.yaml')} does not exist."
    assert error.hint == f"Did you mean {path}?"
    assert refusal(path.parent / "nowhere" / "plan.yaml").hint is None


def test_a_directory_is_refused(tmp_path):
    """A folder where a file is meant is named as such."""
    assert refusal(tmp_path).message == f"{tmp_path} is a directory, not a YAML file."


def test_lines_are_those_of_the_keys(write):
    """Lines count from 1 and are known for keys and list items at any depth."""
    data, lines = read_yaml(write("# first\na: 1\nb:\n  - c: 2\n    d: [3,\n        4]\n"))
    assert data == {"a": 1, "b": [{"c": 2, "d": [3, 4]}]}
    assert lines == {
        ("a",): 2,
        ("b",): 3,
        ("b", 0): 4,
        ("b", 0, "c"): 4,
        ("b", 0, "d"): 5,
        ("b", 0, "d", 0): 5,
        ("b", 0, "d", 1): 6,
    }


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("budget=5", ("budget",), 5),
        ("curve.family=s_curve", ("curve", "family"), "s_curve"),
        ("shops.0.name=a=b", ("shops", 0, "name"), "a=b"),
        ("shops=[{name: a}, {name: b}]", ("shops",), [{"name": "a"}, {"name": "b"}]),
        (" budget =null", ("budget",), None),
        ("budget=", ("budget",), None),
        ("name='5'", ("name",), "5"),
    ],
)
def test_overrides_are_paths_and_yaml_values(text, path, value):
    """The key splits at dots, numbers are positions, and the value is YAML."""
    assert parse_overrides([text]) == [(path, value)]


@pytest.mark.parametrize("text", ["budget", "=5", " =5", ""])
def test_an_override_needs_key_and_value(text):
    """Without either, the message says how it is written."""
    with pytest.raises(ConfigError, match="--set needs key=value"):
        parse_overrides([text])


@pytest.mark.parametrize("value", ["[", "{a: 1, a: 2}", "2026-99-99", "[" * 3000])
def test_an_override_whose_value_is_no_yaml_is_refused(value):
    """The key is named; the value is not repeated."""
    with pytest.raises(ConfigError, match="--set budget: the value is not valid YAML"):
        parse_overrides([f"budget={value}"])


def test_overrides_change_the_file_and_later_ones_win(write):
    """Keys are changed at any depth, lists by position, and the texts are kept as typed."""
    path = write("budget: 1\ncurve: {family: hill, half_spend: 5}\nshops: [{name: a}]\n")
    texts = ["budget=2", "budget=3", "curve.family=s_curve", "shops.0.name=x", "shops.1.name=y"]
    loaded = load_config(Plan, path, texts)
    assert loaded.model == Plan(
        budget=3,
        curve=Curve(family="s_curve", half_spend=5),
        shops=(Shop(name="x"), Shop(name="y")),
    )
    assert loaded.overrides == tuple(texts)


def test_a_position_past_the_end_is_refused(write):
    """Only the next free position of a list may be set."""
    error = refusal(write("shops: [{name: a}]\n"), ["shops.2.name=c"])
    assert error.message == "--set: index 2 is past the end of a list of 1."


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("budget=many", "--set budget: Input should be a valid integer"),
        ("budgte=1", "--set budgte: unknown key. Did you mean budget?"),
        ("curve.famly=hill", "--set curve.famly: unknown key. Did you mean family?"),
        ("curve={half_spend: -1}", "--set curve.half_spend: Input should be greater than 0"),
    ],
)
def test_a_fault_of_an_override_is_not_blamed_on_the_file(text, fault, write):
    """What came from --set says so, though the file has a line for that key too."""
    path = write("budget: 1\ncurve: {family: hill, half_spend: 5}\n")
    (found,) = refusal(path, [text]).details["faults"]
    assert found.startswith(fault)


def test_paths_in_a_configuration_may_stand_beside_it(tmp_path, monkeypatch):
    """The working directory first, then the configuration's folder; absolute paths as given."""
    folder = tmp_path / "configs"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)
    config = folder / "plan.yaml"
    (folder / "a.csv").write_text("")
    assert relative_to_config("a.csv", config) == folder / "a.csv"
    assert relative_to_config("a.csv", None) == Path("a.csv")
    assert relative_to_config("none.csv", config) == Path("none.csv")
    (tmp_path / "a.csv").write_text("")
    assert relative_to_config("a.csv", config) == Path("a.csv")
    assert relative_to_config(tmp_path / "x", config) == tmp_path / "x"
