"""The verdict and the caveats in plain words; every number in them is read off the document."""

from __future__ import annotations

from rmnctl.comparison.document import ComparisonResult, Ends, Estimate, Money


def _range(ends: Ends, unit: str = "", digits: int = 0) -> str:
    low, high = ends
    if low is None or high is None:
        return "no interval from one draw"
    return f"95 % interval {low:,.{digits}f} to {high:,.{digits}f}{unit}"


def _money(found: Money, currency: str) -> str:
    return (
        f"{found.mean:,.0f} {currency} ({found.pct:.1f} % of the budget, "
        f"{_range(found.ci95_pct, ' %', 1)}, n = {found.n})"
    )


def _sure(found: Estimate) -> str:
    low, high = found.ci95
    if low is None or high is None or low <= 0 <= high:
        return "not distinguishable from 0"
    return "above 0" if low > 0 else "below 0"


def verdict(found: ComparisonResult) -> list[str]:
    """What was found, the most important first."""
    metric, currency = found.primary_metric, found.currency
    name = metric.replace("_", " ")
    base = found.arms["clean_room"].metrics[metric]
    lines = [
        (
            f"Planned with clean-room data alone, {found.budget:,.0f} {currency} bring an expected "
            f"{name} of {base.mean:,.0f} {currency} ({_range(base.ci95)}, n = {base.n} worlds)."
        )
    ]
    for arm, words in (
        ("joined", "The brand's own margins, stock, promotions and prices beside the same release"),
        ("full_data", "Event-level data and the private table"),
        ("federated", "What the composed model answers beside the same release"),
        ("reports", "The brand's own reports in place of the clean room"),
    ):
        delta = found.deltas.get(f"{arm}_vs_clean_room", {}).get(metric)
        if delta is None or delta.pct is None or delta.ci95_pct is None:
            continue
        lines.append(
            f"{words}: {delta.mean:+,.0f} {currency} ({delta.pct:+.1f} % of the budget, "
            f"{_range(delta.ci95_pct, ' %', 1)}, n = {delta.n}), better in {delta.win_rate:.0%} "
            f"of worlds; {_sure(delta)}."
        )
    if found.ablation is not None:
        ranked = sorted(found.ablation.fields.items(), key=lambda pair: -pair[1].mean)
        lines.append(
            "Of what the private table adds: "
            + "; ".join(f"{field} {_money(share, currency)}" for field, share in ranked)
            + "."
        )
    if found.granularity is not None:
        lines.append(
            f"Event detail beyond that: {_money(found.granularity, currency)}; "
            f"{_sure(found.granularity)}."
        )
    if found.gap_closed is not None:
        lines.append(
            f"The composed model closes {found.gap_closed.mean:.0%} of the gap from clean room to "
            f"private table ({_range(found.gap_closed.ci95, '', 2)})."
        )
    if found.evsi is not None:
        lines.append(
            f"One more geo experiment instead: {_money(found.evsi, currency)}; {_sure(found.evsi)}."
        )
    if found.null_market is not None:
        ok = "passed" if found.null_market.passed else "FAILED"
        lines.append(
            f"Guard: in a market without private information every private field must be worth "
            f"nothing (within {found.null_market.bound_pct:g} % of the budget): {ok}."
        )
    lines += [f"Missing: {m.name}. {m.reason}" for m in found.missing_capabilities]
    return lines


def caveats(found: ComparisonResult, *, simulated_recall: bool) -> list[str]:
    """What a reader must know before believing any of it."""
    others = (
        "The robustness table repeats them on others."
        if found.robustness is not None
        else "Run with `robustness` to repeat them on others."
    )
    lines = [
        (
            "This is simulation evidence: the market's truth is known because it is simulated, and "
            "its priors are public figures and judgement (docs/market.md). No controlled field study "
            "of planning with and without private data is known to us."
        ),
        (
            f"The figures hold for one catalogue (seed {found.catalogue_seed}); worlds differ in "
            f"demand, response and noise, not in products, margins or stock. {others}"
        ),
        (
            "Every arm has the same optimiser, constraints, curve family and past lift tests. The "
            "fit's public priors and the simulator's have the same origin, which flatters all arms "
            "alike."
        ),
        (
            "A plan's value is its expected outcome under the truth, stock-outs included; intervals "
            "are over worlds, by paired bootstrap."
        ),
        (
            "Private facts are exact in this market. Where they are stale or wrong they are worth "
            "less" + (": see the dose curve." if found.dose else ".")
        ),
    ]
    if simulated_recall:
        lines.append(
            "The federated arm's knowledge is simulated: a measured confusion applied to this "
            "catalogue's facts, not the answers of a model."
        )
    return lines
