from __future__ import annotations

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")

from rmnctl.agents.creative import Brief, FederationWriter, Voice, create, pieces_of
from rmnctl.agents.creative.writer import Asked
from rmnctl.compliance import Engine
from rmnctl.federation import FederationConfig, LoRAFederation, Sampling
from tests.federation.tiny import open_base, open_federation, save_base

BRIEF = Brief.model_validate(
    {
        "id": "towel",
        "brand_id": "brand_x",
        "brand": "Harbor",
        "product": "Harbor Cotton Towel",
        "platform": "kroger_onsite",
        "elements": ["cta"],
        "facts": {"made with": "cotton"},
        "context": {"category": "home", "locale": "en-US", "substantiation": []},
    }
)


def test_drawn_text_is_the_same_for_the_same_seed(tmp_path) -> None:
    """Two answers of one seed agree, other seeds give other text, and greedy rows stay greedy."""
    save_base(tmp_path / "tiny")
    federation = open_federation(open_base(tmp_path / "tiny", tmp_path / "cache"), tmp_path / "no")
    drawn = [
        federation.infer("Towels", sampling=Sampling(1.0, seed), max_new_tokens=24).text
        for seed in (1, 1, 2)
    ]
    assert drawn[0] == drawn[1] != drawn[2]
    writer = FederationWriter(federation, temperature=1.0)
    piece = pieces_of([BRIEF], Engine.load())[0]
    asked = [Asked(piece, "Write.", None), Asked(piece, "Write.", 5)]
    texts = writer.write(asked)
    assert texts == writer.write(asked)
    assert all(len(t.text) <= piece.limit for t in texts)
    assert all(t.surprise is not None and t.surprise >= 0 for t in texts)
    federation.close()


def test_the_embedded_base_delivers_only_what_passes() -> None:
    """One short element by the real base: whatever it writes, delivered copy passed every check."""
    engine = Engine.load()
    config = FederationConfig.model_validate({"backend": {"kind": "transformers", "threads": 1}})
    federation = LoRAFederation(config)
    piece = pieces_of([BRIEF], engine)[0]
    writer = FederationWriter(federation, force_adapters={"brand_x": ()})
    made = create(piece, Voice(), writer, engine, variants=1, max_rounds=1)
    drafts = made.variants[0].drafts
    assert drafts[0].seed is None
    assert all(0 < len(d.text) <= piece.limit for d in drafts)
    assert made.delivered == [d.text for d in drafts if d.passes]
    federation.close()
