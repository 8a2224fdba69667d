"""The labelled copies that teach the reader of claims: `python -m tests.compliance.learnt` writes them anew.

Copies of `dev*` that are compliant, or need evidence by L01, and of which no evidence is known, and the
inline tests of L01. Copies of `heldout*` teach nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from rmnctl.compliance import Engine, Verdict, parse_line
from rmnctl.compliance.claims import LANGUAGE, words_of
from rmnctl.compliance.facts import Copy
from rmnctl.compliance.selftest import as_copy, inline_tests
from rmnctl.workflows import corpora
from rmnctl.workflows.claims import COPIES
from tests.compliance.evaluate import SPLITS, labelled

RULE = "L01"
PATH = Path(corpora.__file__).parent / "labelled_claims" / f"{COPIES}.jsonl"


def _labelled(engine: Engine) -> Iterator[tuple[Copy, bool]]:
    """Copies, and whether they make a claim."""
    for split in SPLITS:
        for row in labelled(split) if split.startswith("dev") else ():
            label = row.pop("expected")
            claim = (label["verdict"], label["rule"]) == (Verdict.NEEDS_FACTS, RULE)
            copy = parse_line(json.dumps(row))
            assert isinstance(copy, Copy), copy
            if claim or label["verdict"] == Verdict.COMPLIANT:
                yield copy, claim
    for pack, rule in engine.rules():
        for expected, case in inline_tests(rule) if rule.id == RULE else ():
            yield as_copy(pack, rule, case), expected is not None


def held_out() -> set[str]:
    """Texts of the copies that only measure, in lower case."""
    return {row["copy"].lower() for s in SPLITS if s.startswith("heldout") for row in labelled(s)}


def learnt_from(engine: Engine) -> Iterator[str]:
    """The lines of the file, each text once."""
    seen = {"", *held_out()}
    for copy, claim in _labelled(engine):
        facts, subject = copy.context, engine.subject(copy)
        text = words_of(subject)
        evidence = facts.substantiation or facts.testimonial or facts.epa_registration
        if subject.language == LANGUAGE and not evidence and text not in seen:
            seen.add(text)
            yield json.dumps({"copy": text, "claim": claim}, ensure_ascii=False)


if __name__ == "__main__":
    PATH.write_text("\n".join(learnt_from(Engine.load())) + "\n", encoding="utf-8")
