"""What a check says."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from rmnctl.agents.reflection.evidence import Evidence
from rmnctl.config import ConfigModel


class Verdict(StrEnum):
    """How a check ends; `not_computable` is an answer, not an error."""

    CLEAR = "clear"
    FLAG = "flag"
    NOT_COMPUTABLE = "not_computable"


class BiasCheck(ConfigModel):
    """One bias, looked for in data."""

    bias: str
    question: str = Field(description="what is asked of the data")
    statistic: str = Field(description="what `value` is")
    value: float | None
    interval: tuple[float, float] | None = Field(None, description="95 % interval of value")
    threshold: str = Field(description="when the check flags")
    p_value: float | None = Field(None, description="one-sided, of no bias")
    n: int = Field(description="cells, blocks or predictions the check is computed from")
    inputs: str = Field(description="digest of the data it was computed from")
    verdict: Verdict
    reason: str = Field(description="the verdict in a sentence")
    remedy: str = Field(description="what to do about a flag")


class Asked:
    """A check under way: what stays the same whatever the verdict."""

    def __init__(
        self,
        evidence: Evidence,
        bias: str,
        *,
        question: str,
        statistic: str,
        threshold: str,
        remedy: str,
        uses: tuple[str, ...],
    ) -> None:
        self._same = {
            "bias": bias,
            "question": question,
            "statistic": statistic,
            "threshold": threshold,
            "remedy": remedy,
            "inputs": evidence.digest(uses),
        }

    def cannot(self, why: str, n: int = 0) -> BiasCheck:
        """The data do not tell."""
        return BiasCheck(**self._same, value=None, n=n, verdict=Verdict.NOT_COMPUTABLE, reason=why)

    def found(
        self,
        value: float,
        *,
        flag: bool,
        n: int,
        reason: str,
        p_value: float | None = None,
        interval: tuple[float, float] | None = None,
    ) -> BiasCheck:
        """The data tell."""
        return BiasCheck(
            **self._same,
            value=round(value, 6),
            p_value=None if p_value is None else round(p_value, 6),
            interval=None if interval is None else (round(interval[0], 6), round(interval[1], 6)),
            n=n,
            verdict=Verdict.FLAG if flag else Verdict.CLEAR,
            reason=reason,
        )
