"""Asking carriers from the box: keyless ones, for a few seconds, within the budget that the watch has with each.

What a system said a short time ago is told to the next visitor as it was.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterable

import msgspec
from django.conf import settings
from django.core.cache import caches
from msgspec.structs import replace

from dozor.answer import read_numbers
from dozor.carriers import connector, plan, systems
from dozor.carriers.base import Ask, Manners
from dozor.carriers.base.asking import ask_all
from dozor.model import Dossier, Kind, Mention, Outcome, OutcomeKind, Reading, Report
from dozor.numbers import identify
from dozor.service import turn
from dozor.service.watch.claim import reserve
from dozor.service.web.limits import limits

# What holds for the next visitor, too: not a failure, nor a question for something that he may tell.
HOLDS = (OutcomeKind.FOUND, OutcomeKind.KNOWN_WITHOUT_EVENTS, OutcomeKind.UNKNOWN_NUMBER, OutcomeKind.NOT_THEIRS)
ROUNDS = 2  # a second number that an answer names is asked about, too


def can_be_asked(mentions: Iterable[Mention], destination: str | None) -> bool:
    """Whether some keyless system knows numbers like these."""
    return bool(plan(_tracking(mentions), destination=destination))


def ask_carriers(dossier: Dossier, now: dt.datetime) -> tuple[Report, ...]:
    """What keyless systems say of the dossier's numbers within a few seconds; never raises for what the network does.

    Nothing but the number and the country it goes to is sent.
    """
    queue, answered, reports = _readings(dossier), set[tuple[str, str]](), list[Report]()
    country, ends = dossier.order.destination, now + dt.timedelta(seconds=limits().ask_seconds)
    for _ in range(ROUNDS):
        steps = plan(queue, destination=country, answered=answered)
        wanted: dict[str, list[Ask]] = {}
        for step in steps:
            answered.add((step.system, step.number))
            if (known := _kept(step.system, step.number)) is not None:
                reports.append(known)
            else:
                wanted.setdefault(step.system, []).append(Ask(step.number, country, lang=dossier.lang or "en"))
        found = _ask(wanted, now, (ends - _clock(now)).total_seconds())
        _keep(found)
        reports += found
        named = {alias.number for report in reports for alias in report.aliases if not alias.guess}
        queue = [readings[0] for number in sorted(named) if (readings := identify(number))]
    return tuple(reports)


def named(dossier: Dossier) -> Dossier:
    """The dossier with the tracking numbers of its text named: the same number pasted again is the same parcel."""
    best = [mention.readings[0] for mention in read_numbers(dossier) if mention.readings]
    found = dict.fromkeys(reading.normal for reading in best if reading.kind is Kind.TRACKING)
    return replace(dossier, numbers=(*dossier.numbers, *(each for each in found if each not in dossier.numbers)))


def kept(dossier: Dossier) -> tuple[Report, ...]:
    """What was said of these numbers a short time ago: it goes along when the parcel is taken in."""
    steps = plan(_readings(dossier), destination=dossier.order.destination)
    found = [_kept(step.system, step.number) for step in steps]
    return tuple(report for report in found if report is not None)


def _ask(wanted: dict[str, list[Ask]], now: dt.datetime, seconds: float) -> list[Report]:
    may = {id: asks for id, asks in wanted.items() if seconds > 0.2 and reserve(id, now)}
    refused = [
        Report(id, ask.number, Outcome(OutcomeKind.NOT_ASKED), now)
        for id, asks in wanted.items()
        if id not in may
        for ask in asks
    ]
    if not may:
        return refused
    addresses = settings.CONFIG.addresses
    base = {id: url for id in systems() if (url := addresses.get(id, addresses.get("")))}
    asking = ask_all(
        [(connector(id), asks) for id, asks in may.items()],
        clock=lambda: _clock(now),
        seconds=seconds,
        manners=Manners(),
        base_urls=base,
    )
    with turn.pages.aside():
        return [*refused, *asyncio.run(asking)]


def _clock(now: dt.datetime) -> dt.datetime:
    return max(now, dt.datetime.now(dt.UTC))


def _readings(dossier: Dossier) -> list[Reading]:
    return _tracking(read_numbers(dossier))


def _tracking(mentions: Iterable[Mention]) -> list[Reading]:
    best = [mention.readings[0] for mention in mentions if mention.readings]
    return [reading for reading in best if reading.kind is Kind.TRACKING and reading.valid]


def _key(system: str, number: str) -> str:
    return f"said:{system}:{number}"


def _kept(system: str, number: str) -> Report | None:
    raw = caches["said"].get(_key(system, number))
    return msgspec.msgpack.decode(raw, type=Report) if raw else None


def _keep(reports: Iterable[Report]) -> None:
    for report in reports:
        if report.outcome.kind in HOLDS:
            raw = msgspec.msgpack.encode(report)
            caches["said"].set(_key(report.carrier, report.number), raw, limits().keep_minutes * 60)
