"""Until when is the money safe? Dated marketplace policies, payment back-stops, and the limits they give an order."""

from dozor.protection.clock import clock
from dozor.protection.policy import BackStopRow, Policy, PolicySource, Term, backstops, choose, policies, sources

__all__ = ["BackStopRow", "Policy", "PolicySource", "Term", "backstops", "choose", "clock", "policies", "sources"]
