from __future__ import annotations

import json
import re

import pytest

from rmnctl.errors import InputError
from rmnctl.federation.grading import Grade
from rmnctl.workflows.corpora import Sources
from rmnctl.workflows.evaluate import evaluate, hurt
from rmnctl.workflows.evaluation.config import EvaluateConfig
from rmnctl.workflows.evaluation.figures import cell
from rmnctl.workflows.evaluation.recalling import unseen_facts

ADAPTERS = {"industry_retail_media", "retailer_alpha", "manufacturer_brand_x"}


def _config(small, **changes):
    given = {
        "schema": "rmnctl/evaluate/v1",
        "federation": small / "federation.yaml",
        "rows": 3,
        "calibration_rows": 2,
        "merged_rank": 2,
        "recall_skus": 1,
        "bootstrap": 100,
    }
    return EvaluateConfig.model_validate(given | changes)


@pytest.fixture(scope="module")
def done(small, tmp_path_factory):
    """One evaluation of the random adapters."""
    from rmnctl.config import Settings

    settings = Settings(runs=tmp_path_factory.mktemp("runs"), cache=small / "cache")
    return evaluate(_config(small), settings)


def test_every_task_is_asked_under_every_condition(done):
    """Each adapter's text meets the base, each adapter, and its stack in each way that applies."""
    met = {(c.task, c.condition) for c in done.cells}
    conditions = {"base", *ADAPTERS, "additive", "merged", "calibrated"}
    assert met == {(task, condition) for task in ADAPTERS for condition in conditions}


def test_adapters_that_were_not_trained_in_sequence_are_not_shown_as_such(done):
    """Strategy sequential is left out with its reason, not measured as if it were additive."""
    for task in ADAPTERS:
        assert "bare base" in done.document["not_applicable"][task]["sequential"]


def test_the_base_is_its_own_measure(done):
    """The bare base neither gains nor loses against itself, with no spread."""
    for one in done.cells:
        if one.condition == "base":
            assert (one.change, one.change_ci95, one.exact_change) == (0.0, (0.0, 0.0), 0.0)


def test_calibration_never_loses_where_it_searched(done):
    """Calibrated weights are kept only if they are better on the rows they were searched on."""
    for found in done.document["calibration"].values():
        assert found["after"] <= found["before"]


def test_the_same_evaluation_twice_is_the_same_bytes(done, small, settings):
    """All artifacts of a repeated evaluation are equal byte for byte."""
    again = evaluate(_config(small), settings)
    for name in ("evaluation.json", "evaluation.parquet", "matrix.md", "matrix.svg"):
        assert (again.run.folder / name).read_bytes() == (done.run.folder / name).read_bytes()


def test_the_picture_and_the_table_show_every_figure(done):
    """Every cell's change stands in the picture, and its loss in the table."""
    picture = (done.run.folder / "matrix.svg").read_text()
    table = (done.run.folder / "matrix.md").read_text()
    assert len(re.findall('class="n"', picture)) == len(done.cells)
    for one in done.cells:
        assert f"{one.change:+.0%}" in picture
        assert f"{one.nll:.3f}" in table
    assert json.loads((done.run.folder / "evaluation.json").read_text()) == done.document


def test_losses_from_composing_are_named(done):
    """A stack that does worse than the task's own adapter alone is listed, and no other is."""
    known = {(c.task, c.condition): c.nll for c in done.cells}
    listed = {(h["task"], h["strategy"]) for h in hurt(done.cells)}
    for task in ADAPTERS:
        for strategy in ("additive", "merged", "calibrated"):
            assert ((task, strategy) in listed) == (known[task, strategy] > known[task, task])


def test_figures_of_a_condition():
    """Loss is a mean over tokens, its change is against the base, and rows pair up."""
    base = [Grade(4.0, 2, exact=False), Grade(2.0, 1, exact=True)]
    better = [Grade(2.0, 2, exact=True), Grade(1.0, 1, exact=True)]
    found = cell("task", "better", base, better, resamples=200, seed=1)
    assert (found.nll, found.change, found.change_ci95) == (1.0, -0.5, (-0.5, -0.5))
    assert (found.exact, found.exact_change) == (1.0, 0.5)
    assert found.exact_change_ci95 == (0.0, 1.0)


def test_products_never_seen_have_names_never_taught():
    """What is asked as never seen is of the brand, and none of it is in the brand's text."""
    sources = Sources()
    taught = {s.product_name for s in sources.catalogue.skus}
    new = unseen_facts(sources, "brand_x")
    assert new
    assert all(f.product.startswith("Harbor ") and f.product not in taught for f in new)


def test_without_adapters_there_is_nothing_to_evaluate(small, settings, tmp_path):
    """An empty folder of adapters is an error that names the way to get some."""
    text = (small / "federation.yaml").read_text()
    empty = text.replace(str(small / "adapters"), str(tmp_path / "none"))
    (tmp_path / "federation.yaml").write_text(empty)
    with pytest.raises(InputError, match="held-out text"):
        evaluate(_config(small, federation=tmp_path / "federation.yaml"), settings)
