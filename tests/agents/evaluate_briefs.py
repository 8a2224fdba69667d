# ruff: noqa: T201
"""How many briefs become exactly the right request.

Print the figures with `python -m tests.agents.evaluate_briefs [FILE] [--model] [--show]`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from rmnctl.agents.briefs import Adviser, Understood, understand
from rmnctl.planning import PlanRequest
from rmnctl.workflows import corpora
from rmnctl.workflows.briefs import load_vocabulary

#: Briefs that the adapter is trained on.
LABELLED = Path(corpora.__file__).parent / "labelled_briefs"
HELD_OUT = Path(__file__).with_name("heldout_briefs.jsonl")
DEV = Path(__file__).with_name("dev_briefs.jsonl")
HELD_OUT_2 = Path(__file__).with_name("heldout2_briefs.jsonl")
DEV_2 = Path(__file__).with_name("dev2_briefs.jsonl")


def load(path: Path) -> list[dict[str, Any]]:
    """Labelled briefs: `id`, `brief`, `request` (fields that differ from defaults), `error`."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def expected(row: dict[str, Any]) -> dict[str, Any] | None:
    """The whole request that a labelled brief stands for, limits in order."""
    if row["request"] is None:
        return None
    return _sorted(PlanRequest.model_validate(row["request"]).plain())


def _sorted(request: dict[str, Any]) -> dict[str, Any]:
    order = ("retailer", "placement", "sku")
    limits = sorted(request["limits"], key=lambda x: (order.index(x["scope"]), x["id"]))
    return request | {"limits": limits, "retailers": sorted(request["retailers"])}


def is_right(row: dict[str, Any], got: Understood) -> bool:
    """Whether the request is exactly right, or the problem is one of those labelled."""
    wanted = expected(row)
    if wanted is None:
        return got.problem is not None and got.problem.code in row["error"]
    return got.request is not None and _sorted(got.request.plain()) == wanted


def interval(right: Sequence[bool], seed: int = 0) -> tuple[float, float, float]:
    """Share of right ones, with its 95 % bootstrap interval."""
    values = np.asarray(right, dtype=float)
    draws = np.random.default_rng(seed).choice(values, (5000, len(values))).mean(1)
    low, high = np.quantile(draws, (0.025, 0.975))
    return float(values.mean()), float(low), float(high)


def evaluate(path: Path, adviser: Adviser | None = None) -> list[tuple[dict[str, Any], Understood]]:
    """Every labelled brief with what became of it."""
    _, vocabulary = load_vocabulary()
    rows = load(path)
    return list(zip(rows, understand([r["brief"] for r in rows], vocabulary, adviser), strict=True))


def report(name: str, path: Path, adviser: Adviser | None = None, *, show: bool = False) -> None:
    """Print the figures of one way to read."""
    done = evaluate(path, adviser)
    good = [is_right(r, u) for r, u in done if r["request"] is not None]
    bad = [is_right(r, u) for r, u in done if r["request"] is None]
    silent = sum(u.request is not None for r, u in done if r["request"] is None)
    share, low, high = interval(good)
    print(
        f"{name:<34} exact {share:6.1%} [{low:.1%}, {high:.1%}] of {len(good)};  "
        f"named problems {sum(bad)}/{len(bad)}, taken as requests {silent}"
        + (f";  {asked} boxes" if (asked := getattr(adviser, "asked", 0)) else "")
    )
    if show:
        for row, got in done:
            if not is_right(row, got):
                _show(row, got)


def _show(row: dict[str, Any], got: Understood) -> None:
    print(f"\n{row['id']}: {row['brief']}")
    wanted = expected(row)
    if wanted is None or got.request is None:
        print("   expected", row["error"] or wanted)
        print("   got     ", got.problem or got.request)
        return
    found = _sorted(got.request.plain())
    for key in wanted:
        if wanted[key] != found[key]:
            print(f"   {key}: expected {_short(wanted[key])}, got {_short(found[key])}")


def _short(value: Any) -> Any:
    if isinstance(value, list):
        return [
            {k: v for k, v in x.items() if v is not None} if isinstance(x, dict) else x
            for x in value
        ]
    return value


def ways(model: bool) -> Iterator[tuple[str, Adviser | None]]:
    """Readers to compare: rules; rules with the base or the adapter beside them; the adapter alone."""
    yield "rules", None
    if not model:
        return
    from rmnctl.agents.briefs.adviser import ModelAdviser
    from rmnctl.config import load_config
    from rmnctl.federation import FederationConfig, LoRAFederation

    config = load_config(FederationConfig, Path("configs/federation.yaml")).model
    federation = LoRAFederation(config)
    _, vocabulary = load_vocabulary()
    own = ("task_planning",)
    yield "rules and base", ModelAdviser(federation, vocabulary, force_adapters=())
    yield "rules and adapter", ModelAdviser(federation, vocabulary, force_adapters=own)
    yield "adapter alone", ModelAdviser(federation, vocabulary, force_adapters=own, alone=True)


def main(arguments: Sequence[str]) -> None:
    """Print the figures of every way to read."""
    paths = [Path(a) for a in arguments if not a.startswith("-")] or [HELD_OUT]
    for path in paths:
        for name, adviser in ways("--model" in arguments):
            report(f"{path.stem}: {name}", path, adviser, show="--show" in arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
