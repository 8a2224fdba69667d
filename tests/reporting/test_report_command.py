"""`rmnctl report`: where a report lies, and the same report made anew."""

from __future__ import annotations

import json

import pytest

from rmnctl.cli import main
from rmnctl.config import ConfigModel
from rmnctl.reporting.comparison_markdown import comparison_markdown
from rmnctl.reporting.comparison_page import comparison_page
from rmnctl.runs import Run, verify_runs
from tests.reporting.conftest import sample


class Config(ConfigModel):
    """A run's configuration."""

    name: str = "x"


@pytest.fixture
def runs(tmp_path, clean):
    """A comparison without a page, as an older rmnctl left it, beside a run without figures."""
    folder = tmp_path / "runs"
    with Run.start(folder, "simulate", Config()):
        pass
    with Run.start(folder, "compare", Config()) as run:
        run.write_json("comparison.json", sample().plain(), "rmnctl/comparison/v1")
    (folder / clean.name).symlink_to(clean)
    return folder


@pytest.fixture
def call(runs, capsys):
    """Run `rmnctl report`; (exit code, stdout, stderr)."""

    def call(*arguments):
        with pytest.raises(SystemExit) as left:
            main(["report", *map(str, arguments), "--runs", str(runs)])
        shown = capsys.readouterr()
        return left.value.code, shown.out, shown.err

    return call


def test_the_newest_report_is_found(call, clean) -> None:
    """Without RUN it is the newest run that has a page, whatever ran after it."""
    code, out, _ = call("--json")
    assert code == 0
    assert json.loads(out)["result"]["path"].endswith(f"{clean.name}/report.html")


@pytest.mark.parametrize(
    ("name", "render"), [("a.html", comparison_page), ("b.md", comparison_markdown)]
)
def test_a_comparison_is_shown_anew(call, tmp_path, name, render, runs) -> None:
    """-o writes page or Markdown from the run's own figures and leaves the run as it was."""
    path = tmp_path / name
    assert call("latest:compare", "-o", path)[0] == 0
    assert path.read_text(encoding="utf-8") == render(sample())
    from rmnctl.runs import list_runs

    assert verify_runs(runs, [m for m in list_runs(runs) if m.verb == "compare"]) == []


def test_a_harmonize_report_made_anew_is_the_same(call, tmp_path, clean) -> None:
    """The page of a run and the page made from its figures are equal to the byte."""
    path = tmp_path / "again.html"
    assert call("latest:harmonize", "-o", path)[0] == 0
    assert path.read_bytes() == (clean / "report.html").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["latest:compare"], 3, "report.html"),
        (["latest:compare", "-o", "x.docx"], 2, ".html, .md"),
        (["latest:harmonize", "-o", "x.md"], 2, ".html"),
        (["latest:simulate", "-o", "x.html"], 3, "nothing to make a report from"),
        (["nothing"], 3, "runs list"),
    ],
)
def test_what_cannot_be_shown_is_explained(call, arguments, code, says) -> None:
    """A run without a page, another ending, a run without figures: each with its code."""
    got, out, err = call(*arguments)
    assert (got, out, says in err) == (code, "", True), err
