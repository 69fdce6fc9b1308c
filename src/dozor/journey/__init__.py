"""What happened to the parcel? Carrier texts become milestones; many numbers and sources become one journey."""

from dozor.journey.normalise import Meaning, normalise
from dozor.journey.weave import understood, weave

__all__ = ["Meaning", "normalise", "understood", "weave"]
