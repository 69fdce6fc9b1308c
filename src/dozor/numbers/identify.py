"""What is this string? Every reading that the tables allow, best first, with reasons."""

from __future__ import annotations

import re
from collections.abc import Collection

from dozor.model import Check, Correction, Kind, Reading, Repair, Text
from dozor.numbers.checkdigits import CHECKS, s10, s10_digit
from dozor.numbers.repair import GAPS, normal_form
from dozor.numbers.tables import Format, candidates, issuers, service, suffixes

S10 = re.compile(r"([A-Z])([A-Z])(\d{9})([A-Z]{2})")
S10_MISCOUNTED = re.compile(r"([A-Z])[A-Z]\d(?:\d{7}|\d{9})([A-Z]{2})")  # eight or ten digits where nine belong
PLACEHOLDER = re.compile(r"0+|(\d)\1{8,}|12345678\d*")  # what examples and tests are filled with
MISCOUNTED = "international-miscounted"  # the format of a number that has not the nine digits of its form
ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
SEPARATED_KEPT = re.compile(r"PO-\d{3}-\d{17}(?:-D\d\d)?|\d{3}-\d{7}-\d{7}|\d{8,10}-\d{4}-\d{1,2}|\d{2}-\d{5}-\d{5}")


def identify(text: str, *, suffixes: Collection[str] = ()) -> tuple[Reading, ...]:
    """All readings of one token, best first; empty where nothing is known of it.

    `suffixes` are last digits that the buyer's confirmed order numbers share: a number that ends in one of
    them and has the shape of an order is then almost surely an order.
    """
    given = text.strip()
    repairs: tuple[Repair, ...] = ()
    if not given or len(given) > 60 or ADDRESS.fullmatch(given):
        return ()
    if SEPARATED_KEPT.fullmatch(given.upper()):
        normal = given.upper()
    elif given.startswith("+") and (digits := GAPS.sub("", given.translate(str.maketrans("", "", "()"))))[1:].isdigit():
        normal = digits
    else:
        normal, repairs = normal_form(given.replace("(", "").replace(")", ""))
    readings = _s10_readings(normal, repairs)
    if not readings and not PLACEHOLDER.fullmatch(normal):
        for pattern, row in candidates(len(normal), normal[:1]):
            if pattern.fullmatch(normal):
                reading = _reading(row, normal, repairs, suffixes)
                if reading is not None:
                    readings.append(reading)
    if not readings:
        readings = _miscounted(normal, repairs)
    cards = [reading for reading in readings if reading.kind is Kind.CARD]
    if cards:
        return tuple(cards)  # no other reading may show the digits of a card
    readings.sort(key=lambda reading: (-reading.certainty, reading.format))
    return tuple(readings)


def buyer_suffix(order_number: str) -> str:
    """The last four digits of a confirmed AliExpress order number, which a buyer's orders share; else ""."""
    digits = GAPS.sub("", order_number)
    return digits[-4:] if re.fullmatch(r"[8351]\d{15}", digits) else ""


def _reading(row: Format, normal: str, repairs: tuple[Repair, ...], known: Collection[str]) -> Reading | None:
    check, reasons, certainty = Check.NONE, [], row.certainty
    if row.check:
        passed = CHECKS[row.check](normal)
        if not passed and row.strict:
            return None
        check = Check.PASSED if passed else Check.FAILED
        reasons.append(Text(f"number.check.{check.value}"))
    if row.kind is Kind.ORDER:
        reasons.append(Text("number.order", {"shop": row.issuer or ""}))
        if normal[-4:] in known:
            certainty, reasons = 0.99, [*reasons, Text("number.order.suffix", {"suffix": normal[-4:]})]
    elif row.kind is Kind.TRACKING:
        reasons.append(Text(f"number.reach.{row.reach.value}"))
    issuer = row.issuer
    return Reading(
        kind=row.kind,
        normal=masked(normal) if row.kind is Kind.CARD else normal,
        format=row.id,
        issuer=issuer,
        carriers=row.carriers or ((issuer,) if issuer and row.kind in (Kind.TRACKING, Kind.ORDER) else ()),
        reach=row.reach,
        check=check,
        certainty=certainty,
        reasons=tuple(reasons),
        repairs=repairs if row.kind is not Kind.CARD else (),
        source=row.source,
    )


def _s10_readings(normal: str, repairs: tuple[Repair, ...]) -> list[Reading]:
    match = S10.fullmatch(normal)
    if match is None:
        return []
    digits, suffix = match[3], match[4]
    if suffix == "WW":
        return []
    row = service(match[1])
    issuer = issuers().get(suffix)
    carrier = suffixes().get(suffix) or (issuer.carrier if issuer else None)
    passed = s10(digits)
    reasons = [Text(f"number.s10.{row.id}", {"country": suffix})]
    placeholder = digits == "000000000"
    valid = (
        (issuer is not None or suffix in suffixes())
        and not row.impossible
        and (passed or not row.strict)
        and not placeholder
    )
    if not passed:
        reasons.append(
            Text(
                "number.s10.check_failed" if row.strict else "number.s10.check_unknown",
                {"expected": s10_digit(digits[:8]), "printed": digits[8], "number": normal},
            )
        )
    else:
        reasons.append(Text("number.check.passed"))
    if row.impossible:
        reasons.append(Text("number.s10.reserved_letter", {"letter": match[1]}))
    if issuer is None and suffix not in suffixes():
        reasons.append(Text("number.s10.no_country", {"suffix": suffix}))
    reach = row.reach
    if valid and row.id != "untracked":
        reasons.append(Text(f"number.reach.{reach.value}"))
    express = carrier == "china-post" and row.id == "ems"
    carriers = tuple(dict.fromkeys([*(["china-ems"] if express else []), *([carrier] if carrier else []), "upu"]))
    return [
        Reading(
            kind=Kind.TRACKING,
            normal=normal,
            format="s10",
            issuer=carrier,
            carriers=carriers,
            service=row.id,
            country=suffix if issuer else None,
            reach=reach,
            check=Check.PASSED if passed else Check.FAILED,
            valid=valid,
            expected_check=None if passed else str(s10_digit(digits[:8])),
            certainty=0.97 if passed else 0.8,
            reasons=tuple(reasons),
            repairs=repairs,
            corrections=_corrections(normal, passed),
            source="UPU S10",
        )
    ]


def _miscounted(normal: str, repairs: tuple[Repair, ...]) -> list[Reading]:
    """A number of the international form with one digit too few or too many: copied wrong, whatever it was."""
    match = S10_MISCOUNTED.fullmatch(normal)
    if match is None or match[2] not in issuers() or service(match[1]).impossible:
        return []
    carrier = suffixes().get(match[2]) or issuers()[match[2]].carrier
    return [
        Reading(
            kind=Kind.TRACKING,
            normal=normal,
            format=MISCOUNTED,
            issuer=carrier,
            carriers=tuple(dict.fromkeys([*([carrier] if carrier else []), "upu"])),
            country=match[2],
            check=Check.FAILED,
            valid=False,
            certainty=0.6,
            reasons=(Text("number.s10.miscounted", {"number": normal, "digits": len(normal) - 4}),),
            repairs=repairs,
            source="UPU S10",
        )
    ]


def _corrections(number: str, passed: bool) -> tuple[Correction, ...]:
    if number.endswith("UK"):
        return (Correction(number[:-2] + "GB", 0.9, Text("number.correction.country", {"country": "GB"})),)
    return () if passed else corrections(number)


def corrections(number: str) -> tuple[Correction, ...]:
    """Numbers one slip away from an S10 number with a wrong check digit: swaps first, then the check digit itself."""
    head, digits, tail = number[:2], number[2:11], number[11:]
    found: dict[str, Correction] = {}
    for place in range(8):
        swapped = digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
        if swapped != digits and s10(swapped):
            found[swapped] = Correction(
                head + swapped + tail, 0.5, Text("number.correction.swap", {"place": place + 1})
            )
    checked = digits[:8] + str(s10_digit(digits[:8]))
    found.setdefault(checked, Correction(head + checked + tail, 0.3, Text("number.correction.check_digit")))
    for place in range(8):
        for near in _neighbours(digits[place]):
            other = digits[:place] + near + digits[place + 1 :]
            if s10(other):
                found.setdefault(
                    other, Correction(head + other + tail, 0.1, Text("number.correction.key", {"place": place + 1}))
                )
    return tuple(sorted(found.values(), key=lambda each: (-each.score, each.number)))


def _neighbours(digit: str) -> str:
    """Keys beside a digit in the top row of a keyboard."""
    row = "1234567890"
    place = row.index(digit)
    return row[max(0, place - 1) : place] + row[place + 1 : place + 2]


def masked(card: str) -> str:
    """A payment card number is never shown or kept whole."""
    return "*" * (len(card) - 4) + card[-4:]
