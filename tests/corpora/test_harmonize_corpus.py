"""Training text of task_harmonize, and proposals with a model."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
import yaml

from rmnctl.harmonization.matcher.types import FIELDS
from rmnctl.workflows.corpora import harmonize
from rmnctl.workflows.propose_with_model import ProposeConfig, propose_with_model


@pytest.fixture(scope="module")
def corpus():
    """A small corpus."""
    return harmonize.build(400, 60)


def test_answers_are_among_those_shown(corpus) -> None:
    """Every question shows its answer and `none`; every field is an answer, and so is none."""
    for row in (*corpus.train, *corpus.eval):
        shown = row.prompt.rpartition("Which: ")[2].removesuffix("?").split(", ")
        assert row.answer in shown
        assert "none" in shown
    answers = Counter(r.answer for r in corpus.train)
    assert set(answers) == {*FIELDS, "none"}
    assert 0.3 < answers["none"] / len(corpus.train) < 0.65


def test_words_kept_for_measuring_are_not_trained() -> None:
    """Every list of names is split; the two parts share nothing."""
    rng = random.Random(3)
    for meaning in harmonize.words():
        drawn = {
            part: {harmonize._word(meaning, "en", part, rng) for _ in range(300)}
            for part in ("t", "e")
        }
        assert not drawn["t"] & drawn["e"]
        assert len(drawn["t"]) > len(drawn["e"]) > 1


def test_no_network_of_the_labelled_reports_is_in_the_text(corpus) -> None:
    """Names of the families that matchers are judged on appear nowhere."""
    text = repr(corpus).casefold()
    for split in ("dev", "heldout"):
        reports = yaml.safe_load(Path(f"tests/corpus/reports_{split}.yaml").read_text("utf-8"))
        for family in {r["family"] for r in reports}:
            assert family not in text
            assert family.replace("_", " ") not in text


def test_questions_hold_no_cell() -> None:
    """Numbers in a question are ratios and headers' own; no amount of a report is in it."""
    rng = random.Random(5)
    for _ in range(20):
        report = harmonize.draw_report(rng, "t")
        codes = {
            cell
            for column in report.columns
            for cell in column.values
            if cell and len(cell) >= 6 and any(c.isdigit() for c in cell)
        }
        for _, prompt, _ in harmonize.questions(report, rng):
            assert not any(code in prompt for code in codes)


def test_a_proposal_with_a_model_is_a_run_with_transcripts(small, settings, tmp_path) -> None:
    """The run keeps what was asked and said; twice gives the same artifacts."""
    report = tmp_path / "report.csv"
    rows = [f"2026-03-{n:02d},{1000 + n},{n % 7},{n % 7 * 0.5:.2f},{n % 5}" for n in range(1, 21)]
    report.write_text("\n".join(["Date,Impressions,Clicks,K1,Zorp", *rows]), encoding="utf-8")
    config = ProposeConfig(
        report=report, federation=small / "federation.yaml", retailer_id="alpha", adapters=None
    )
    first, second = (propose_with_model(config, settings) for _ in range(2))
    asked = [e.transcript.input["header"] for e in first.executed]
    assert "K1" in asked
    assert "Clicks" not in asked
    assert {a["adapter_type"] for a in first.executed[0].transcript.adapters} >= {"retailer"}
    digests = [{a.name: a.sha256 for a in r.run.manifest.artifacts} for r in (first, second)]
    assert digests[0] == digests[1]
    assert set(digests[0]) == {"proposal.json", "mapping.yaml", "transcripts.json"}
