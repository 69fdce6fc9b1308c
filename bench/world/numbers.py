"""Numbers of the world's parcels: of the right shape, with the right check digit where there is one."""

from __future__ import annotations

import numpy as np
from bench.world.draw import Bools, Mode, World

LETTERS = "ABCEFGLNRX"
S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)  # UPU standard S10


def number_of(w: World, i: int, *, beyond: bool = False) -> str:
    """The parcel's number; `beyond`: the one that the post of the destination gives it after the border."""
    rng = np.random.default_rng([w.seed, i, 7 + beyond])
    row = w.parameters.carrier[w.carrier[i]]
    pattern = "R@########?CN" if beyond else row.number
    if w.mode[i] == Mode.DOMESTIC_SENT:
        pattern = "YT#############"
    number = _filled(pattern, rng)
    # An invented number often has the right shape and a wrong check digit (one in ten is right by chance).
    invented = w.mode[i] in (Mode.FAKE_SENT, Mode.FAKE_EMPTY)
    return wrong_digit(w, i, number) if invented and "?" in pattern and rng.random() < 0.35 else number


def misprinted(w: World) -> Bools:
    """Whether the number is impossible as printed: a digit is wrong where the format has a check."""
    checked = np.array(["?" in row.number for row in w.parameters.carrier])[w.carrier]
    found = checked & (w.mode == Mode.TYPO)
    for i in np.flatnonzero(checked & np.isin(w.mode, (Mode.FAKE_SENT, Mode.FAKE_EMPTY))):
        number = number_of(w, int(i))
        total = sum(int(digit) * weight for digit, weight in zip(number[2:10], S10_WEIGHTS, strict=True))
        found[i] = int(number[10]) != {10: 0, 11: 5}.get(11 - total % 11, 11 - total % 11)
    return found


def order_number_of(w: World, i: int) -> str:
    """An order number of the shop: sixteen digits that begin with 8."""
    rng = np.random.default_rng([w.seed, i, 3])
    return "8" + "".join(str(digit) for digit in rng.integers(0, 10, 15))


def wrong_digit(w: World, i: int, number: str) -> str:
    """The number with one of its digits wrong."""
    rng = np.random.default_rng([w.seed, i, 5])
    places = [place for place, char in enumerate(number) if char.isdigit()]
    place = places[int(rng.integers(0, len(places)))]
    digit = str((int(number[place]) + int(rng.integers(1, 10))) % 10)
    return number[:place] + digit + number[place + 1 :]


def _filled(pattern: str, rng: np.random.Generator) -> str:
    """`#` is a digit, `@` a letter, `?` the S10 check digit of the eight digits before it, `%` those modulo 7."""
    made = ""
    for char in pattern:
        if char == "#":
            made += str(rng.integers(1 if not made else 0, 10))
        elif char == "@":
            made += LETTERS[int(rng.integers(0, len(LETTERS)))]
        elif char == "?":
            total = sum(int(digit) * weight for digit, weight in zip(made[-8:], S10_WEIGHTS, strict=True))
            made += str({10: 0, 11: 5}.get(11 - total % 11, 11 - total % 11))
        elif char == "%":
            made += str(int(made) % 7)
        else:
            made += char
    return made
