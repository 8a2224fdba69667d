"""Recall of both brands' bands, in trained and unseen wordings: `python -m tests.corpora.recall`."""

from __future__ import annotations

from pathlib import Path

from rmnctl.config import Settings, load_config
from rmnctl.federation import FederationConfig, LoRAFederation
from rmnctl.workflows.corpora import Sources
from rmnctl.workflows.evaluation.recalling import recall_of_brands


def main() -> None:
    """Print the share of right bands by brand, way of asking, and fact."""
    asked = load_config(FederationConfig, Path("configs/federation.yaml")).model
    federation = LoRAFederation(asked, Settings())
    for brand, ways in recall_of_brands(federation, Sources(), 50, 5).items():
        for way, facts in ways.items():
            shares = "  ".join(f"{fact} {f['right']:.2f}" for fact, f in facts.items())
            print(f"{brand:8} {way:20} {shares}")  # noqa: T201
    federation.close()


if __name__ == "__main__":
    main()
