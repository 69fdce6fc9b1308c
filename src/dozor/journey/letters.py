"""A small model of letters, for texts in which no phrase is found: how alike are they to texts that are known?

Linear: each run of two to five letters of a text adds its weights, one for each milestone; the milestone with most
wins if it is probable enough. Made by `script/letters` from this package's own tables (`letters.toml` says from what,
and how often it was right on systems it had not seen); the weights are whole numbers in `letters.bin`. Nothing here
is learned from users' texts.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from functools import cache

from msgspec import Struct

from dozor import knowledge
from dozor.model import Milestone


class Card(Struct, frozen=True, forbid_unknown_fields=True):
    """What the model was made from, how it reads, how often it is right, and from what probability it may speak."""

    source: str
    buckets: int  # runs of letters fall into so many
    shortest: int  # letters of a run
    longest: int
    scale: float  # a weight is this many times its whole number
    least: float  # probability below which the answer is unknown
    fewest: int  # letters below which a text is too short to judge
    milestones: tuple[Milestone, ...]
    measured: str


class Guess(Struct, frozen=True):
    """The most probable milestone, and its probability as the model sees it."""

    milestone: Milestone
    probability: float


def guess(text: str) -> Guess | None:
    """What a plain text most probably means; None where nothing is probable enough."""
    model = card()
    if sum(char.isalpha() for char in text) < model.fewest:
        return None
    best = max(likely(text), key=lambda each: each.probability)
    return best if best.probability >= model.least else None


def likely(text: str) -> list[Guess]:
    """Every milestone with its probability for a plain text; they add up to one."""
    model, rows = card(), weights()
    places = set(runs(text, model.shortest, model.longest, model.buckets))
    size = len(model.milestones)
    norm = model.scale / math.sqrt(max(1, len(places)))
    start = rows[model.buckets * size :]
    sums = [start[index] * model.scale for index in range(size)]
    for place in places:
        for index, weight in enumerate(rows[place * size : (place + 1) * size]):
            sums[index] += weight * norm
    top = max(sums)
    shares = [math.exp(each - top) for each in sums]
    whole = sum(shares)
    return [Guess(milestone, share / whole) for milestone, share in zip(model.milestones, shares, strict=True)]


def runs(text: str, shortest: int, longest: int, buckets: int) -> Iterator[int]:
    """The bucket of every run of letters of a plain text."""
    for size in range(shortest, longest + 1):
        for begin in range(len(text) - size + 1):
            yield zlib.crc32(text[begin : begin + size].encode()) % buckets


@cache
def card() -> Card:
    """What is known of the model."""
    return knowledge.document("journey", "letters.toml", Card)


@cache
def weights() -> memoryview:
    """The whole numbers: for each bucket one for each milestone, then what each milestone begins with."""
    (path,) = knowledge.files("journey", "letters.bin")
    held = memoryview(path.read_bytes()).cast("b")
    if len(held) != (card().buckets + 1) * len(card().milestones):
        raise knowledge.KnowledgeError("journey/letters.bin: not of the size that letters.toml names")
    return held
