"""Seven biases, each a test on data: statistic, threshold, verdict, remedy."""

from rmnctl.agents.reflection.checks.run import CHECKS, BiasCheck, Verdict, run_checks

__all__ = ["CHECKS", "BiasCheck", "Verdict", "run_checks"]
