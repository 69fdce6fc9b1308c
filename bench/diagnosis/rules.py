"""Three rules of thumb to be compared with. They read the same last scan; silence they judge by a number of days."""

from __future__ import annotations

from collections.abc import Callable

from dozor.model import Answer, CauseId, Dossier, Kind, Milestone

# What any reader of the last scan would say.
READ = {
    Milestone.DELIVERED: CauseId.DELIVERED,
    Milestone.AVAILABLE_FOR_PICKUP: CauseId.WAITING_FOR_PICKUP,
    Milestone.RETURN_STARTED: CauseId.RETURNING,
    Milestone.RETURNED: CauseId.RETURNED,
    Milestone.CUSTOMS_HELD: CauseId.CUSTOMS_HELD,
    Milestone.CUSTOMS_PROCESSING: CauseId.CUSTOMS_PROCESSING,
    Milestone.ADDRESS_PROBLEM: CauseId.ADDRESS_PROBLEM,
    Milestone.SEIZED: CauseId.SEIZED,
}
# The founding guide's figures: the first scan within 10 days, a fake never moves in 20 to 30, cheap is untracked.
FIRST_SCAN, NEVER, CHEAP, STALLED = 10, 20, 1000, 30
FORTNIGHT = 14


def seed_thresholds(given: Answer, asked: Dossier) -> CauseId:
    """The founding guide's days, taken as thresholds."""
    if (read := _read(given, asked)) is not None:
        return read
    journey, days = given.journey, _silent(given, asked)
    if journey.last_movement is None:
        if any(each.kind is Kind.ORDER for mention in given.mentions for each in mention.readings[:1]):
            return CauseId.ORDER_NUMBER_ENTERED
        if days < FIRST_SCAN:
            return CauseId.TOO_EARLY
        price = asked.order.price
        if price is not None and price.minor <= CHEAP:
            return CauseId.UNTRACKED_BY_DESIGN
        return CauseId.FAKE_NUMBER if days >= NEVER else CauseId.NOT_SHIPPED
    if journey.exported_at is not None and journey.imported_at is None:
        return CauseId.NUMBER_CHANGED if days < STALLED else CauseId.LOST
    return CauseId.SILENT_BUT_NORMAL if days < STALLED else CauseId.LOST


def fortnight(given: Answer, asked: Dossier) -> CauseId:
    """What is silent for fourteen days is fake or lost."""
    if (read := _read(given, asked)) is not None:
        return read
    late = _silent(given, asked) > FORTNIGHT
    if given.journey.last_movement is None:
        return CauseId.FAKE_NUMBER if late else CauseId.TOO_EARLY
    return CauseId.LOST if late else CauseId.SILENT_BUT_NORMAL


def always_wait(given: Answer, asked: Dossier) -> CauseId:
    """It is always too early or normal."""
    if (read := _read(given, asked)) is not None:
        return read
    return CauseId.TOO_EARLY if given.journey.last_movement is None else CauseId.SILENT_BUT_NORMAL


def _read(given: Answer, asked: Dossier) -> CauseId | None:
    if asked.order.received:
        return CauseId.DELIVERED
    found = READ.get(given.journey.stage) if given.journey.stage is not None else None
    missing = found is CauseId.DELIVERED and asked.order.received is False
    return CauseId.DELIVERED_NOT_RECEIVED if missing else found


def _silent(given: Answer, asked: Dossier) -> float:
    if given.journey.silence_days is not None:
        return given.journey.silence_days
    start = asked.order.shipped or asked.order.paid
    return (given.now.date() - start).days if start is not None else 0


RULES: dict[str, Callable[[Answer, Dossier], CauseId]] = {
    "the guide's days": seed_thresholds,
    "fourteen days": fortnight,
    "always wait": always_wait,
}
