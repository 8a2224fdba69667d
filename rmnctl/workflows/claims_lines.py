"""The labelled lines that readers of claims (`rmnctl.compliance.claims`) learn from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from rmnctl.compliance.claims import LANGUAGES
from rmnctl.compliance.letters import fold_pattern
from rmnctl.workflows import corpora

#: The file of copies that were labelled for the checker, and of those in other languages by their code.
COPIES = "copies"
#: The file of the rule's own tests: what it means, and so what a reader must not miss.
EXAMPLES = "rule_examples"
#: Files of lines as shops run them, by name; the others hold the hardest that authors could think of.
SHOP = "shop_"
#: How many of those one of these counts for: it is nearer to what will be read.
NEAR = 3.0
CERTAIN = 10.0


@dataclass(frozen=True)
class Line:
    """A labelled line.

    Attributes:
        file: Where it stands, without suffix and language.
        language: ISO code.
        text: Plain lower case.
        claim: Whether it makes a claim of fact.
    """

    file: str
    language: str
    text: str
    claim: bool

    @property
    def weight(self) -> float:
        """What it counts: more where it is like the copy that will be read, or says what the rule means."""
        if self.file == EXAMPLES:
            return CERTAIN
        return NEAR if self.file == COPIES or self.file.startswith(SHOP) else 1.0


def labelled_claims(language: str = "en") -> list[Line]:
    """All labelled lines of a language, by file: `de_shop_drugstore.jsonl`, English without a code."""
    folder = files(corpora).joinpath("labelled_claims")
    found = []
    for file in sorted(folder.iterdir(), key=lambda f: f.name):
        code, _, rest = file.name.removesuffix(".jsonl").partition("_")
        stem = rest if code in LANGUAGES else file.name.removesuffix(".jsonl")
        if (code if code in LANGUAGES else "en") != language:
            continue
        for text in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(text)
            found.append(Line(stem, language, fold_pattern(row["copy"]).lower(), row["claim"]))
    return found


def digest_of(lines: Sequence[Line]) -> str:
    """SHA-256 of what a reader learns from."""
    said = "\n".join(f"{line.weight:g}\t{line.claim}\t{line.text}" for line in lines)
    return hashlib.sha256(said.encode()).hexdigest()
