"""Every example of every format, read with all formats: its own comes first, and who else claims it is known."""

from __future__ import annotations

from msgspec import Struct

from dozor import knowledge
from dozor.numbers import formats, identify

# Two formats of one thing whose order does not matter: both say telephone.
EITHER = {("phone-ru", "phone-int")}


class CollisionRow(Struct, frozen=True, forbid_unknown_fields=True):
    """A format whose example another format claims, too."""

    format: str
    also: str
    why: str
    source: str


def test_every_example_is_read_as_its_own_format_first() -> None:
    wrong = []
    for row in formats():
        for example in row.valid:
            first = identify(example)[0].format
            if first != row.id and (row.id, first) not in EITHER:
                wrong.append((row.id, example, first))
    assert not wrong


def test_the_table_of_collisions_is_what_is_found() -> None:
    known = {(row.format, row.also) for row in knowledge.rows("numbers", "collisions.toml", CollisionRow)}
    found = {
        (row.id, reading.format)
        for row in formats()
        for example in row.valid
        for reading in identify(example)
        if reading.format != row.id
    }
    assert found == known
