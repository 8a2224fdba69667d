"""How many planted wrong numbers pass the check of words: `python -m tests.agents.wrong_numbers`."""

from __future__ import annotations

import re

import numpy as np

from rmnctl.agents.words import check_sentences, explain_plan, plan_facts

_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+|\d+\.\d+(?!e)|\d+")


def wrong_number(sentence, rng):
    """The sentence with one of its numbers changed by 6 % to 60 %, the form kept; None: unchanged."""
    hits = list(_NUMBER.finditer(sentence))
    if not hits:
        return None
    hit = hits[rng.integers(len(hits))]
    places = len(hit[0].partition(".")[2])
    moved = float(hit[0].replace(",", "")) * (1 + rng.choice([-1, 1]) * rng.uniform(0.06, 0.6))
    text = f"{moved:,.{places}f}" if "," in hit[0] else f"{moved:.{places}f}"
    return None if text == hit[0] else sentence[: hit.start()] + text + sentence[hit.end() :]


def plant(documents, seed=4):
    """(planted, kept) over the explanations of some plans, three wrong numbers a sentence.

    Args:
        documents: Contents of `plan.json`.
        seed: Of the changes.
    """
    rng = np.random.default_rng(seed)
    planted = kept = 0
    for made in documents:
        facts = plan_facts(made)
        for sentence in explain_plan(made).sentences:
            for _ in range(3):
                wrong = wrong_number(sentence, rng)
                if wrong is not None:
                    planted += 1
                    kept += bool(check_sentences([wrong], facts).sentences)
    return planted, kept


def main() -> None:
    """Print how many pass."""
    from tests.agents.test_words import document

    planted, kept = plant(document(seed) for seed in range(40))
    print(f"{planted} wrong numbers planted, {kept} kept")  # noqa: T201


if __name__ == "__main__":
    main()
