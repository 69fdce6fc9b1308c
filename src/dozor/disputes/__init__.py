"""The dispute: what the seller's replies mean, and which moves are open."""

from dozor.disputes.reply import CATEGORIES, Reply, classify

__all__ = ["CATEGORIES", "Reply", "classify"]
