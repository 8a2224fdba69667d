from __future__ import annotations

import json
import re
from itertools import pairwise

import pytest

from rmnctl.agents.creative import SYSTEM, inventions, overlap
from rmnctl.workflows.corpora import Sources
from rmnctl.workflows.corpora.creative import build

FACT = re.compile(r'^([^:\n]+): (".*")$', re.MULTILINE)


@pytest.fixture(scope="module")
def corpus():
    """A small corpus; rows are drawn one after the other, so that it begins like the whole one."""
    return build(train=150, held_out=40)


def _facts(prompt):
    """The facts record of a prompt, by name."""
    return {name: json.loads(value) for name, value in FACT.findall(prompt.split("\nEND")[0])}


def test_copy_to_learn_fits_its_room_and_states_nothing_but_the_facts(corpus) -> None:
    """Every answer is JSON whose copy fits, invents nothing, and holds what the prompt asks for."""
    for row in (*corpus.train, *corpus.eval):
        copy = json.loads(row.answer)["copy"]
        facts = _facts(row.prompt)
        assert len(copy) <= int(re.search(r"at most (\d+) characters", row.prompt)[1])
        known = "\n".join(f"{name}: {value}" for name, value in facts.items())
        assert inventions(copy, known) == []
        word = re.search(r'^Use: .*"(.+)"$', row.prompt, re.MULTILINE)
        assert word is None or word[1].lower() in copy.lower()
        assert row.system == SYSTEM


def test_repairs_tell_what_was_wrong_and_answer_otherwise(corpus) -> None:
    """A row with a draft names at least one fault, and its answer is not that draft."""
    repairs = [r for r in corpus.train if "This draft cannot run" in r.prompt]
    assert repairs
    for row in repairs:
        draft = json.loads(re.search(r"This draft cannot run: (.+)", row.prompt)[1])
        assert "\n- " in row.prompt
        assert json.loads(row.answer)["copy"] != draft


def test_measuring_and_training_share_no_brand_and_no_product(corpus) -> None:
    """Held-out rows have brands and products of their own, and none is of the default market."""
    names = {half: {_facts(r.prompt)["product"] for r in rows} for half, rows in
             (("train", corpus.train), ("eval", corpus.eval))}  # fmt: skip
    brands = {half: {_facts(r.prompt)["brand"] for r in rows} for half, rows in
              (("train", corpus.train), ("eval", corpus.eval))}  # fmt: skip
    assert not names["train"] & names["eval"]
    assert not brands["train"] & brands["eval"]
    market = {s.brand_name for s in Sources().catalogue.skus}
    assert not market & (brands["train"] | brands["eval"])


def test_copy_is_varied(corpus) -> None:
    """Hardly any two texts are alike, so that no phrase can be learnt by heart."""
    copies = [json.loads(r.answer)["copy"] for r in corpus.train]
    alike = sum(overlap(a, b) > 0.6 for a, b in pairwise(copies))
    assert len(set(copies)) >= 0.95 * len(copies)
    assert alike <= 0.02 * len(copies)
