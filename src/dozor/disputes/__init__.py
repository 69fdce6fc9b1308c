"""The dispute: what the seller's replies mean, which moves are open, how a claim is filled in and won."""

from dozor.disputes.claim import evidence, form, how
from dozor.disputes.machine import IllegalMoveError, Move, governed, make, moves, steps_allowed
from dozor.disputes.reply import CATEGORIES, Reply, classify

__all__ = [
    "CATEGORIES",
    "IllegalMoveError",
    "Move",
    "Reply",
    "classify",
    "evidence",
    "form",
    "governed",
    "how",
    "make",
    "moves",
    "steps_allowed",
]
