"""A number taken apart: what each of its pieces says, and which one is wrong."""

from __future__ import annotations

from msgspec import Struct

from dozor.model import Check, Reading, Text
from dozor.numbers.identify import PLACEHOLDER, S10


class Part(Struct, frozen=True, omit_defaults=True):
    """One piece of a number, from left to right; `wrong` where the number cannot be real because of it."""

    text: str
    what: Text
    wrong: bool = False


def anatomy(reading: Reading) -> tuple[Part, ...]:
    """The pieces of an S10 number (UPU S10: service, serial number, check digit, issuer); of others none are known."""
    match = S10.fullmatch(reading.normal) if reading.format == "s10" else None
    if match is None:
        return ()
    letters, digits, suffix = match[1] + match[2], match[3], match[4]
    # A wrong digit condemns the number only where the service is strict about it; otherwise it is only unusual.
    failed = reading.check is Check.FAILED
    expected = {"digit": reading.expected_check or digits[8]}
    return (
        Part(letters, Text(f"number.part.{reading.service or 'unassigned'}"), wrong=reading.service == "reserved"),
        Part(digits[:8], Text("number.part.placeholder" if PLACEHOLDER.fullmatch(digits) else "number.part.serial")),
        Part(
            digits[8],
            Text("number.part.check_should" if failed else "number.part.check", expected),
            wrong=failed and not reading.valid,
        ),
        Part(
            suffix,
            Text("number.part.issuer", {"country": suffix}) if reading.country else Text("number.part.no_issuer"),
            wrong=reading.country is None and not reading.valid,
        ),
    )
