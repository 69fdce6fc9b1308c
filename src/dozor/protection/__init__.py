"""Until when is the money safe? Dated marketplace policies, payment back-stops, and the limits they give an order."""

from dozor.protection.backstop import BackStopRow, backstops
from dozor.protection.clock import clock
from dozor.protection.policy import Policy, PolicySource, candidates, choose, figures, policies, sources
from dozor.protection.terms import Term

__all__ = [
    "BackStopRow",
    "Policy",
    "PolicySource",
    "Term",
    "backstops",
    "candidates",
    "choose",
    "clock",
    "figures",
    "policies",
    "sources",
]
