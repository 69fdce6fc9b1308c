"""Check digits, each a pure function of the normal form: True where the number passes.

The names are what a format row writes in `check`; weights are arguments, so that a row and not the code says
which an issuer uses. Sources stand with the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence


def s10_digit(serial: str) -> int:
    """The check digit of eight serial digits (UPU S10): 11 - sum mod 11, where 10 gives 0 and 11 gives 5."""
    a, b, c, d, e, f, g, h = map(int, serial)  # weights 8 6 4 2 3 5 9 7, written out: this is the hot path
    rest = 11 - (8 * a + 6 * b + 4 * c + 2 * d + 3 * e + 5 * f + 9 * g + 7 * h) % 11
    return rest if rest < 10 else 0 if rest == 10 else 5


def s10(text: str) -> bool:
    """Nine digits, alone or between letters: the ninth is the check digit of the eight before it."""
    digits = _digits(text)
    return len(digits) == 9 and s10_digit(digits[:8]) == int(digits[8])


def mod10_31(text: str) -> bool:
    """GS1: weights 3, 1, 3 … from the right, the check digit last; the sum is a multiple of ten."""
    digits = [int(d) for d in _digits(text)]
    total = sum(d * (3 if place % 2 else 1) for place, d in enumerate(reversed(digits)))
    return bool(digits) and total % 10 == 0


def mod7(text: str) -> bool:
    """The last digit is the rest by seven of the number before it."""
    digits = _digits(text)
    return int(digits[:-1]) % 7 == int(digits[-1])


def luhn(text: str) -> bool:
    """ISO/IEC 7812: every second digit from the right doubled."""
    total = 0
    for place, d in enumerate(reversed([int(d) for d in _digits(text)])):
        doubled = d * 2 if place % 2 else d
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def weighted(text: str, weights: Sequence[int], modulus: int) -> bool:
    """Weights repeated from the right over all but the last digit; (sum mod modulus) mod 10 is the last."""
    digits = [int(d) for d in _digits(text)]
    total = sum(d * weights[place % len(weights)] for place, d in enumerate(reversed(digits[:-1])))
    return total % modulus % 10 == digits[-1]


def mod10_49(text: str) -> bool:
    """Deutsche Post Identcode: weights 4, 9, 4 … from the left; the sum with the check digit is a multiple of ten."""
    digits = [int(d) for d in _digits(text)]
    total = sum(d * (9 if place % 2 else 4) for place, d in enumerate(digits[:-1]))
    return (10 - total % 10) % 10 == digits[-1]


def ups(text: str) -> bool:
    """The body after 1Z (or the waybill letter): letters as (code - 3) mod 10, every second value doubled."""
    body = text[2:] if text.startswith("1Z") else text[1:]
    values = [int(c) if c.isdigit() else (ord(c) - 3) % 10 for c in body[:-1]]
    total = sum(v * 2 if place % 2 else v for place, v in enumerate(values))
    return body[-1].isdigit() and (10 - total % 10) % 10 == int(body[-1])


def mod37_36(text: str) -> bool:
    """ISO 7064 mod 37,36 over digits and letters, the check character last."""
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    rest = 36
    for c in text[:-1]:
        rest = (rest + alphabet.index(c)) % 36 or 36
        rest = rest * 2 % 37
    return (rest + alphabet.index(text[-1])) % 36 == 1


def iban(text: str) -> bool:
    """ISO 13616: country and check digits moved to the end, letters as 10 … 35, the rest by 97 is one."""
    moved = text[4:] + text[:4]
    return int("".join(str(int(c, 36)) for c in moved)) % 97 == 1


CHECKS: dict[str, Callable[[str], bool]] = {
    "s10": s10,
    "mod10_31": mod10_31,
    "mod7": mod7,
    "luhn": luhn,
    "iban": iban,
    "mod10_49": mod10_49,
    "ups": ups,
    "mod37_36": mod37_36,
    "fedex_12": lambda text: weighted(text, (1, 3, 7), 11),
}


def _digits(text: str) -> str:
    return text if text.isdigit() else "".join(c for c in text if c.isdigit())
