"""17TRACK, the aggregator that knows most carriers."""

from dozor.carriers.seventeentrack.client import SeventeenTrack, push_is_genuine

CONNECTOR = SeventeenTrack()

__all__ = ["CONNECTOR", "SeventeenTrack", "push_is_genuine"]
