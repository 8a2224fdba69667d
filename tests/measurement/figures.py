"""The table of docs/experiments.md: `python -m tests.measurement.figures`."""

from __future__ import annotations

from tests.measurement.test_simulated import (
    NULLS,
    SWITCHBACKS,
    MatchedPairs,
    SyntheticControl,
    geo_trials,
    switchback_trials,
)


def rows():
    """Design, false positives at 5 %, share of intervals with the truth at 95 and 80 %."""
    synthetic = SyntheticControl(treated_units=2, candidates=60, admissible=40)
    for name, kind, units in (("matched pairs", MatchedPairs(), 14), ("synthetic", synthetic, 12)):
        for rho in (0.0, 0.8):
            p, kept95, kept80 = geo_trials(kind, units, rho)
            yield (
                f"{name}, {units} units, AR {rho:g}",
                (p <= 0.05 + 1e-9).mean(), kept95 / NULLS, kept80 / NULLS,
            )  # fmt: skip
    for estimator in ("hajek", "horvitz_thompson"):
        for units, periods, carryover in SWITCHBACKS:
            found, kept95, kept80, judged = switchback_trials(units, periods, carryover, estimator)
            name = f"switchback {estimator}, {units} x {periods}, carry-over {carryover}, AR 0.5"
            yield name, found / NULLS, kept95 / judged, kept80 / judged


def main():
    """Print the table."""
    print("| design | false positives at 5 % | in 95 % interval | in 80 % interval |")  # noqa: T201
    print("|---|---|---|---|")  # noqa: T201
    for name, *shares in rows():
        print(f"| {name} | " + " | ".join(f"{v:.1%}" for v in shares) + " |", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
