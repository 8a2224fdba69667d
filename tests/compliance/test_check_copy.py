"""The command: lines in, verdicts out, and every bad line explained."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rmnctl.compliance import Copy, Facts, parse_line
from tests.compliance.recombined import labelled_copies

ROOT = Path(__file__).parent.parent.parent
GOOD = {"id": "a", "platform": "amazon_sb", "element": "headline", "copy": "Soft rugs"}
FACTS = {"locale": "en-US", "category": "home", "brand": "Norvik"}


def call(runs: Path, *arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run check-copy in the repository's folder."""
    return subprocess.run(
        [sys.executable, "-m", "rmnctl", "check-copy", *arguments],
        cwd=ROOT,
        env=os.environ | {"RMNCTL_RUNS": str(runs)},
        capture_output=True,
        text=True,
        input=given,
    )


def write(folder: Path, *lines: Any) -> str:
    """A file of lines; what is not text is written as JSON."""
    path = folder / "copies.jsonl"
    path.write_text(
        "".join((x if isinstance(x, str) else json.dumps(x)) + "\n" for x in lines),
        encoding="utf-8",
    )
    return str(path)


@pytest.mark.parametrize(
    ("copy", "code", "verdict"),
    [
        ("Soft rugs", 0, "compliant"),
        ("Last chance for soft rugs", 5, "violation"),
        ("The best rugs", 0, "needs_facts"),
    ],
)
def test_the_exit_code_says_whether_a_rule_is_broken(
    copy: str, code: int, verdict: str, tmp_path: Path
) -> None:
    """5 when a copy violates, 0 otherwise; --json is one document on stdout."""
    path = write(tmp_path, GOOD | {"copy": copy, "context": FACTS})
    done = call(tmp_path / "runs", path, "--json")
    document = json.loads(done.stdout)
    assert done.returncode == code
    assert [(c["id"], c["verdict"]) for c in document["result"]["copies"]] == [("a", verdict)]
    names = {a["name"] for a in document["artifacts"]}
    assert names == {"verdicts.jsonl", "findings.sarif"}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{not json", "not JSON"),
        ("[1]", "not a JSON object"),
        (GOOD | {"context": {"substantion": []}}, "Did you mean substantiation"),
        (GOOD | {"elemnt": "cta"}, "Did you mean element"),
        (GOOD | {"element": "headlin"}, "Did you mean headline"),
        ({k: v for k, v in GOOD.items() if k != "copy"}, "copy: Field required"),
        (GOOD | {"copy": 5}, "copy: Input should be a valid string"),
        (GOOD | {"context": {"brand": 77123}}, "context.brand"),
        (GOOD | {"context": {"logo": {"widht": 5}}}, "Did you mean width"),
        ('{"id": 1, "platform": "any", "element": "cta", "copy": "\\ud800"}', "copy"),
    ],
)
def test_a_bad_line_is_named_and_the_others_are_checked(
    line: Any, words: str, tmp_path: Path
) -> None:
    """Exit code 3 with line number and fault, without data values; good lines have verdicts."""
    path = write(tmp_path, GOOD | {"context": FACTS}, line)
    done = call(tmp_path / "runs", path, "--json")
    assert done.returncode == 3
    assert [c["verdict"] for c in json.loads(done.stdout)["result"]["copies"]] == ["compliant"]
    message = json.loads(done.stderr)["message"]
    assert f"{path}:2: " in message
    assert words in message
    assert "77123" not in done.stderr


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe\x00bad"])
def test_a_file_that_holds_no_copies_is_refused(content: bytes, tmp_path: Path) -> None:
    """Empty and binary files end with code 3 and leave stdout empty."""
    path = tmp_path / "copies.jsonl"
    path.write_bytes(content)
    done = call(tmp_path / "runs", str(path))
    assert (done.returncode, done.stdout, "Traceback" in done.stderr) == (3, "", False)


def test_standard_input_and_defaults_are_taken(tmp_path: Path) -> None:
    """`-` reads stdin; --platform and --locale fill in for lines that name none."""
    line = json.dumps({"id": 1, "element": "headline", "copy": "Eco-friendly soap"})
    done = call(
        tmp_path, "-", "--platform", "any", "--locale", "en-US", "--format", "jsonl", given=line
    )
    found = json.loads(done.stdout)
    assert (done.returncode, found["verdict"], found["findings"][0]["rule"]) == (
        5,
        "violation",
        "L06",
    )
    assert found["findings"][0]["span"] == [0, 12]


def test_sarif_names_rule_line_and_place(tmp_path: Path) -> None:
    """--format sarif is a SARIF 2.1.0 log whose results point at lines of the file."""
    bad = GOOD | {"id": "b", "copy": "Last chance for rugs", "context": FACTS}
    done = call(
        tmp_path / "runs", write(tmp_path, GOOD | {"context": FACTS}, bad), "--format", "sarif"
    )
    log = json.loads(done.stdout)
    (result,) = log["runs"][0]["results"]
    assert (log["version"], result["ruleId"], result["level"]) == ("2.1.0", "A06", "error")
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 2}
    assert result["properties"]["span"] == [0, 11]
    assert log["runs"][0]["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "A06"


def test_rules_are_listed_and_explained(tmp_path: Path) -> None:
    """--list-rules filters by platform and place; --explain shows source, dates and tests."""
    every = json.loads(call(tmp_path, "--list-rules", "--json").stdout)["result"]["rules"]
    assert len(every) == 75
    german = call(
        tmp_path, "--list-rules", "--platform", "walmart_sb", "--locale", "de-DE", "--json"
    )
    ids = {r["rule"] for r in json.loads(german.stdout)["result"]["rules"]}
    assert {"W01", "L07"} <= ids
    assert not {"A01", "L06"} & ids
    text = call(tmp_path, "--explain", "A04").stdout
    assert all(word in text for word in ("A04", "GJB8YEKP7UJYKSR2", "2026-11-21", "substantiation"))
    wrong = call(tmp_path, "--explain", "A99")
    assert (wrong.returncode, "Did you mean" in wrong.stderr) == (2, True)


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    """Two runs differ in nothing but what is volatile."""
    path = write(tmp_path, GOOD | {"context": FACTS}, GOOD | {"copy": "The best rugs"})
    digests = []
    for _ in range(2):
        done = call(tmp_path / "runs", path, "--json")
        digests.append([a["sha256"] for a in json.loads(done.stdout)["artifacts"]])
    assert digests[0] == digests[1]


@pytest.mark.parametrize("value", [None, [], ["x"], "x", True, False, {"a": 1}])
def test_every_fact_may_be_unknown(value: Any) -> None:
    """Null stands for a missing key; evidence may be a text, a list, a record or a truth value."""
    parsed = parse_line(json.dumps(GOOD | {"context": {"substantiation": value}}))
    assert isinstance(parsed, Copy)
    assert (parsed.context.substantiation is None) == (value is None)


def test_lines_are_read_alike_with_and_without_defaults() -> None:
    """A line that names its platform is the same copy to the letter, whatever the default is."""
    rows = labelled_copies()[::10]
    odd = [True, 1, 1.0, "1", "", [1, True, "a", {"b": 1}], {"a": None}, None, float("nan")]
    rows += [GOOD | {"context": {fact: value}} for fact in Facts.model_fields for value in odd]
    for row in rows:
        line = json.dumps(row)
        one, other = parse_line(line), parse_line(line, {"platform": "any"})
        assert repr(one) == repr(other)
