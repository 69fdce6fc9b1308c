"""What happened to the parcel? Carrier texts become milestones; many numbers and sources become one journey."""

from dozor.journey.normalise import Coded, Meaning, normalise
from dozor.journey.parcels import Parcel, parcels
from dozor.journey.places import city_name
from dozor.journey.sentence import in_a_sentence
from dozor.journey.telling import told
from dozor.journey.weave import understood, weave, weave_each

__all__ = [
    "Coded",
    "Meaning",
    "Parcel",
    "city_name",
    "in_a_sentence",
    "normalise",
    "parcels",
    "told",
    "understood",
    "weave",
    "weave_each",
]
