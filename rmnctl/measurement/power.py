"""Power, sample size and minimum detectable effect of two-arm tests, by formula.

For experiments on people (or clusters of them) whose outcomes are independent. Normal
approximation with Guenther's (1981) correction for an estimated variance; good from about ten
independent units an arm. Geo and switchback designs take their power from placebos instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt
from statistics import NormalDist

from rmnctl.errors import ConfigError

_NORMAL = NormalDist()


@dataclass(frozen=True)
class Clusters:
    """People who are assigned together, by store or region.

    Attributes:
        size: People a cluster.
        icc: Correlation of two outcomes in one cluster, 0 to 1.
    """

    size: float = 1.0
    icc: float = 0.0

    @property
    def design_effect(self) -> float:
        """How many times as many people are needed as with independent assignment (Kish 1965)."""
        if self.size < 1 or not 0 <= self.icc <= 1:
            raise ConfigError("clusters: size must be at least 1 and icc between 0 and 1.")
        return 1.0 + (self.size - 1.0) * self.icc


def _check(alpha: float, power: float, ratio: float) -> None:
    if not 0 < alpha < power < 1:
        raise ConfigError("power: needs 0 < alpha < power < 1.")
    if not ratio > 0:
        raise ConfigError("power: ratio of controls to treated must be above 0.")


def _quantiles(alpha: float, power: float) -> tuple[float, float]:
    return _NORMAL.inv_cdf(1 - alpha / 2), _NORMAL.inv_cdf(power)


def _guenther(alpha: float) -> float:
    """People an arm that estimating the variance costs."""
    return _NORMAL.inv_cdf(1 - alpha / 2) ** 2 / 4


def power_means(
    effect: float,
    sd: float,
    treated: float,
    *,
    alpha: float = 0.05,
    ratio: float = 1.0,
    clusters: Clusters = Clusters(),
) -> float:
    """Power of the two-sided two-sample t-test.

    Args:
        effect: Difference of means, in the outcome's unit.
        sd: Standard deviation within an arm, above 0.
        treated: People in the treatment arm.
        alpha: Size of the test.
        ratio: Controls per treated.
        clusters: Where people are assigned together.
    """
    _check(alpha, 1 - 1e-12, ratio)
    if not sd > 0:
        raise ConfigError("power: sd must be above 0.")
    free = max(treated / clusters.design_effect - _guenther(alpha) / min(1.0, ratio), 0.0)
    shift = abs(effect) / (sd * sqrt(1 + 1 / ratio)) * sqrt(free)
    z = _NORMAL.inv_cdf(1 - alpha / 2)
    return _NORMAL.cdf(shift - z) + _NORMAL.cdf(-shift - z)


def sample_size_means(
    effect: float,
    sd: float,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    ratio: float = 1.0,
    clusters: Clusters = Clusters(),
) -> int:
    """People in the treatment arm (controls: `ratio` times as many) that find the effect."""
    _check(alpha, power, ratio)
    if effect == 0 or not sd > 0:
        raise ConfigError("power: effect must not be 0 and sd above 0.")
    z, q = _quantiles(alpha, power)
    plain = (z + q) ** 2 * (1 + 1 / ratio) * (sd / effect) ** 2
    return ceil((plain + _guenther(alpha) / min(1.0, ratio)) * clusters.design_effect)


def mde_means(
    sd: float,
    treated: float,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    ratio: float = 1.0,
    clusters: Clusters = Clusters(),
) -> float:
    """The difference of means that so many people find, in the outcome's unit."""
    _check(alpha, power, ratio)
    free = treated / clusters.design_effect - _guenther(alpha) / min(1.0, ratio)
    if not free > 0 or not sd > 0:
        raise ConfigError("power: too few people for any effect, or sd is not above 0.")
    z, q = _quantiles(alpha, power)
    return (z + q) * sd * sqrt((1 + 1 / ratio) / free)


def power_proportions(
    control: float,
    treatment: float,
    treated: float,
    *,
    alpha: float = 0.05,
    ratio: float = 1.0,
    clusters: Clusters = Clusters(),
) -> float:
    """Power of the two-sided two-sample z-test of shares, pooled under the null (Fleiss 1981)."""
    _check(alpha, 1 - 1e-12, ratio)
    null, alternative = _proportion_sds(control, treatment, ratio)
    root = sqrt(treated / clusters.design_effect)
    z = _NORMAL.inv_cdf(1 - alpha / 2)
    shift = abs(treatment - control) * root
    return _NORMAL.cdf((shift - z * null) / alternative) + _NORMAL.cdf(
        (-shift - z * null) / alternative
    )


def sample_size_proportions(
    control: float,
    treatment: float,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    ratio: float = 1.0,
    clusters: Clusters = Clusters(),
) -> int:
    """People in the treatment arm that tell two shares apart."""
    _check(alpha, power, ratio)
    if control == treatment:
        raise ConfigError("power: the two shares must differ.")
    z, q = _quantiles(alpha, power)
    null, alternative = _proportion_sds(control, treatment, ratio)
    plain = ((z * null + q * alternative) / (treatment - control)) ** 2
    return ceil(plain * clusters.design_effect)


def mde_proportions(
    control: float,
    treated: float,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
    ratio: float = 1.0,
    clusters: Clusters = Clusters(),
) -> float:
    """The smallest growth of a share that so many people find; absolute.

    Raises:
        ConfigError: Not even growth to 1 would be found.
    """
    _check(alpha, power, ratio)

    def found(growth: float) -> bool:
        reached = power_proportions(
            control, control + growth, treated, alpha=alpha, ratio=ratio, clusters=clusters
        )
        return reached >= power

    low, high = 0.0, (1 - control) * (1 - 1e-9)
    if not found(high):
        raise ConfigError("power: too few people for any effect.")
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if found(middle) else (middle, high)
    return high


def _proportion_sds(control: float, treatment: float, ratio: float) -> tuple[float, float]:
    """Standard deviations of the difference for one treated person: null and alternative."""
    if not (0 < control < 1 and 0 < treatment < 1):
        raise ConfigError("power: shares must lie between 0 and 1.")
    pooled = (treatment + ratio * control) / (1 + ratio)
    null = sqrt(pooled * (1 - pooled) * (1 + 1 / ratio))
    alternative = sqrt(treatment * (1 - treatment) + control * (1 - control) / ratio)
    return null, alternative
