"""What a creative run is measured by, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist, fmean, stdev
from typing import Any

from rmnctl.agents.creative import Creative, distinctness, tone_score
from rmnctl.agents.reflection.statistics import wilson

LEVEL = 0.95


def figures(made: Sequence[Creative], variants: int) -> dict[str, Any]:
    """Shares of first drafts and of texts that pass, requests served, distinctness and tone.

    Args:
        made: Every request with its variants.
        variants: How many each one asked for.

    Returns:
        Figures by name, None where there is nothing to take one from; `intervals` holds the 95 %
        interval of each: Wilson's for shares; for means over requests, by the normal distribution.
    """
    texts = [v for c in made for v in c.variants]
    first = [v.drafts[0] for v in texts]
    shares = {
        "first_drafts_pass": (sum(d.passes for d in first), len(texts)),
        "first_drafts_compliant": (sum(d.verdict.value == "compliant" for d in first), len(texts)),
        "delivered_share": (sum(v.text is not None for v in texts), len(texts)),
        "requests_served": (sum(len(c.delivered) == variants for c in made), len(made)),
    }
    tones = [[tone_score(t, c.voice) for t in c.delivered] for c in made]
    drafts = [[tone_score(v.drafts[0].text, c.voice) for v in c.variants] for c in made]
    means = {
        "distinctness": [d for c in made if (d := distinctness(c.delivered)) is not None],
        "tone_first_drafts": [fmean(t) for t in drafts if t],
        "tone": [fmean(t) for t in tones if t],
    }
    counts = {
        "requests": len(made),
        "variants": len(texts),
        "drafts": sum(len(v.drafts) for v in texts),
    }
    return (
        counts
        | {name: round(part / of, 4) if of else None for name, (part, of) in shares.items()}
        | {name: round(fmean(v), 4) if v else None for name, v in means.items()}
        | {
            "intervals": {
                name: _rounded(wilson(part, of, LEVEL)) if of else None
                for name, (part, of) in shares.items()
            }
            | {name: _of_mean(values) for name, values in means.items()}
        }
    )


def _of_mean(values: Sequence[float]) -> list[float] | None:
    if len(values) < 2:
        return None
    half = NormalDist().inv_cdf((1 + LEVEL) / 2) * stdev(values) / len(values) ** 0.5
    return _rounded((max(0.0, fmean(values) - half), min(1.0, fmean(values) + half)))


def _rounded(ends: tuple[float, float]) -> list[float]:
    return [round(end, 4) for end in ends]
