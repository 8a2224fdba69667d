"""The tables of docs/cleanroom-comparison.md: `python -m tests.comparison.figures comparison.json`."""

from __future__ import annotations

import sys
from pathlib import Path

from rmnctl.comparison.document import Delta, Estimate, Money
from rmnctl.workflows.compare import read_comparison


def _pct(found: Money | Delta) -> str:
    low, high = found.ci95_pct or (None, None)
    ends = "" if low is None or high is None else f" [{low:+.1f}, {high:+.1f}]"
    return f"{found.pct:+.1f} %{ends}"


def _plain(found: Estimate, form: str = ",.0f") -> str:
    low, high = found.ci95
    ends = "" if low is None or high is None else f" [{low:{form}}, {high:{form}}]"
    return f"{found.mean:{form}}{ends}"


def tables(path: Path) -> str:
    """All tables as Markdown."""
    found = read_comparison(path)
    metric = found.primary_metric
    out = [f"{found.worlds} worlds, budget {found.budget:,.0f} {found.currency}", ""]
    out += [
        (
            "| way to plan | incremental margin | against `clean_room`, of the budget | better in | iROAS | ROAS "
            "| spend on stocked-out SKUs | accuracy | SKUs with own curve | regret, of the budget |"
        ),
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, arm in found.arms.items():
        m = arm.metrics
        delta = found.deltas.get(f"{name}_vs_clean_room", {}).get(metric)
        back = found.deltas.get(f"clean_room_vs_{name}", {}).get(metric)
        if delta is not None:
            against, won = _pct(delta), f"{delta.win_rate:.0%}"
        elif back is not None and back.pct is not None:
            against, won = f"{-back.pct:+.1f} %", f"{1 - back.win_rate:.0%}"
        else:
            against, won = "", ""
        accuracy = f"{m['accuracy'].mean:.2f}" if "accuracy" in m else ""
        skus = f"{m['skus_with_own_curve'].mean:.1f}" if "skus_with_own_curve" in m else ""
        regret = f"{m['regret_share'].mean:.1%}" if "regret_share" in m else ""
        out.append(
            f"| `{name}` | {_plain(m[metric])} | {against} | {won} | {m['iroas'].mean:.2f} | "
            f"{m['roas'].mean:.2f} | {m['stockout_spend_share'].mean:.1%} | {accuracy} | {skus} | "
            f"{regret} |"
        )
    if found.ablation is not None:
        out += ["", "| private field | share, of the budget |", "|---|---|"]
        out += [f"| {f} | {_pct(s)} |" for f, s in found.ablation.fields.items()]
        out.append(f"| all four | {_pct(found.ablation.total)} |")
    for name, value in (("granularity", found.granularity), ("one more experiment", found.evsi)):
        if value is not None:
            out.append(f"| {name} | {_pct(value)} |")
    if found.objective_by_data is not None:
        out += ["", "| data | objective | margin | revenue |", "|---|---|---|---|"]
        out += [
            f"| {c.data} | {c.objective} | {c.incremental_margin.mean:,.0f} | "
            f"{c.incremental_revenue.mean:,.0f} |"
            for c in found.objective_by_data.cells
        ]
    if found.dose:
        out += ["", "| SKUs with another's facts | against `clean_room` |", "|---|---|"]
        out += [f"| {d.share_wrong:.0%} | {_pct(d.delta)} |" for d in found.dose]
    if found.policy_study:
        out += ["", "| k | grain | rows named | against the shipped policy |", "|---|---|---|---|"]
        out += [
            f"| {p.min_customers} | {p.grain} | {p.named:.0%} | "
            f"{_pct(p.delta) if p.delta else p.reason} |"
            for p in found.policy_study
        ]
    if found.robustness is not None:
        out += ["", f"| delta over {found.robustness.catalogues} catalogues | of the budget |"]
        out += ["|---|---|"]
        out += [f"| {n} | {_pct(d)} |" for n, d in found.robustness.deltas.items()]
        for n in found.robustness.deltas:
            each = [r.deltas[n].pct for r in found.robustness.rows if r.market == found.market]
            out.append(
                f"| {n}, least and most of a catalogue | {min(each):+.1f} to {max(each):+.1f} % |"
            )
        out += [
            f"| {n} on {r.market} ({r.family}) | {d.pct:+.1f} % |"
            for r in found.robustness.rows
            if r.market != found.market
            for n, d in r.deltas.items()
        ]
    if found.null_market is not None:
        out += [
            "",
            f"null market: passed {found.null_market.passed}, {found.null_market.worlds} worlds",
        ]
    return "\n".join(out)


if __name__ == "__main__":
    print(tables(Path(sys.argv[1])))  # noqa: T201
