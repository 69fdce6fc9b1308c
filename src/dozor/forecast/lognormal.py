"""Log-normal times in closed form: no array library is needed to say how unusual one silence is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Protocol

from msgspec import Struct

NORMAL = NormalDist()


class LogNormal(Struct, frozen=True):
    """Days until something happens, where it does: ln days ~ N(ln median, sigma²)."""

    median: float
    sigma: float

    def survival(self, days: float) -> float:
        """The share still waiting after so many days."""
        part = days / self.median
        return 1.0 if part <= 0 else 0.5 * math.erfc(math.log(part) / (self.sigma * math.sqrt(2)))

    def quantile(self, share: float) -> float:
        """After how many days this share no longer waits."""
        return self.median * math.exp(self.sigma * NORMAL.inv_cdf(share))

    @property
    def moments(self) -> tuple[float, float]:
        """Mean and variance, in days and days squared."""
        mean = self.median * math.exp(self.sigma**2 / 2)
        return mean, (math.exp(self.sigma**2) - 1) * mean**2

    def later(self, days: float) -> LogNormal:
        """The same spread, its median moved by so many days."""
        return LogNormal(max(0.25, self.median + days), self.sigma)

    def times(self, factor: float) -> LogNormal:
        """The same shape, so many times as long."""
        return LogNormal(self.median * factor, self.sigma)


class Positive(Protocol):
    """A time with a mean and a variance, in days."""

    @property
    def moments(self) -> tuple[float, float]:
        """Days, days squared."""


def total(parts: Sequence[Positive]) -> LogNormal:
    """The sum of independent times as the log-normal of equal mean and variance (Fenton 1960)."""
    moments = [part.moments for part in parts]
    mean, variance = sum(mean for mean, _ in moments), sum(variance for _, variance in moments)
    sigma = math.sqrt(math.log(1 + variance / mean**2))
    return LogNormal(mean * math.exp(-(sigma**2) / 2), sigma)
