"""The labelled copies that teach the reader of claims: `python -m tests.compliance.learnt` writes them anew.

Copies of `dev*` that are compliant, or need evidence by L01, and of which no evidence is known, and the
inline tests of L01. Copies of `heldout*` teach nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from rmnctl.compliance import Engine, Verdict, parse_line
from rmnctl.compliance.claims import LANGUAGES, words_of
from rmnctl.compliance.facts import Copy
from rmnctl.compliance.selftest import as_copy, inline_tests
from rmnctl.workflows import corpora
from rmnctl.workflows.claims_lines import COPIES, EXAMPLES
from tests.compliance.evaluate import SPLITS, labelled

RULE = "L01"
FOLDER = Path(corpora.__file__).parent / "labelled_claims"


def path_of(language: str, file: str) -> Path:
    """Where the copies of a language stand."""
    return FOLDER / (f"{file}.jsonl" if language == "en" else f"{language}_{file}.jsonl")


def _labelled() -> Iterator[tuple[Copy, bool]]:
    """Copies of the dev sets, and whether they make a claim."""
    for split in SPLITS:
        for row in labelled(split) if split.startswith("dev") else ():
            label = row.pop("expected")
            claim = (label["verdict"], label["rule"]) == (Verdict.NEEDS_FACTS, RULE)
            copy = parse_line(json.dumps(row))
            assert isinstance(copy, Copy), copy
            if claim or label["verdict"] == Verdict.COMPLIANT:
                yield copy, claim


def _examples(engine: Engine) -> Iterator[tuple[Copy, bool]]:
    """The inline tests of the rule."""
    for pack, rule in engine.rules():
        for expected, case in inline_tests(rule) if rule.id == RULE else ():
            yield as_copy(pack, rule, case), expected is not None


def held_out() -> set[str]:
    """Texts of the copies that only measure, in lower case."""
    return {row["copy"].lower() for s in SPLITS if s.startswith("heldout") for row in labelled(s)}


def learnt_from(engine: Engine) -> dict[Path, list[str]]:
    """The lines of every file, each text once a language; what is an example already is no copy."""
    found = {path_of(lang, file): list[str]() for lang in LANGUAGES for file in (EXAMPLES, COPIES)}
    seen = {lang: {"", *held_out()} for lang in LANGUAGES}
    for file, labelled_copies in ((EXAMPLES, _examples(engine)), (COPIES, _labelled())):
        for copy, claim in labelled_copies:
            facts, subject = copy.context, engine.subject(copy)
            text = words_of(subject)
            evidence = facts.substantiation or facts.testimonial or facts.epa_registration
            lang = subject.language
            if lang in LANGUAGES and not evidence and text not in seen[lang]:
                seen[lang].add(text)
                line = json.dumps({"copy": text, "claim": claim}, ensure_ascii=False)
                found[path_of(lang, file)].append(line)
    return found


def main() -> None:
    """Write the files."""
    # Without readers, which are fitted to these very lines.
    for path, lines in learnt_from(Engine.load(learnt=False)).items():
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    main()
