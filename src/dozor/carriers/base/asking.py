"""Asking several systems about several numbers, within their limits and within our time."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from msgspec.structs import replace

from dozor.carriers.base.politeness import Manners, Pace
from dozor.carriers.base.protocol import Ask, Connector, Request, Response, Talk, fingerprint
from dozor.carriers.base.reading import read_safely
from dozor.carriers.base.shape import Shaped
from dozor.carriers.base.transport import Transport
from dozor.model import Outcome, OutcomeKind, Report

Clock = Callable[[], dt.datetime]
BEIJING = dt.timezone(dt.timedelta(hours=8))
Inquiry = tuple[Connector, Sequence[Ask]]
SENT = re.compile(r"[\w-]{3,60}")  # what may be put into a request
NO_NUMBER = Outcome(OutcomeKind.NOT_THEIRS, "not sent: letters, digits, - and _ alone make a number")
STEPS = 12  # requests of one conversation, at most
ERRORS = 400  # HTTP statuses from here on end a conversation


@runtime_checkable
class Talking(Connector, Protocol):
    """A connector that needs several requests, each made of the answer before, to ask about one number."""

    def talk(self, ask: Ask, keys: Mapping[str, str]) -> Talk:
        """The conversation about one number. Raises ValueError where an answer is not what it should be."""
        ...


def credential(keys: Mapping[str, str]) -> str:
    """A name for a set of keys that tells nothing of them: each has limits of its own."""
    said = "\n".join(f"{name}={keys[name]}" for name in sorted(keys))
    return hashlib.sha256(said.encode()).hexdigest()[:16] if keys else ""


async def ask_all(
    inquiries: Iterable[Inquiry],
    *,
    clock: Clock,
    seconds: float,
    manners: Manners | None = None,
    keys: Mapping[str, Mapping[str, str]] | None = None,
    base_urls: dict[str, str] | None = None,
    spend: bool = False,
) -> tuple[Report, ...]:
    """One report for each system and number. Whoever has not answered after `seconds` counts as unreachable.

    `keys` are the user's keys by system; `spend` lets a number be registered where that costs quota.
    """
    manners, keys = manners or Manners(), keys or {}
    inquiries = list(inquiries)
    async with Transport(base_urls) as transport:
        tasks = [
            asyncio.create_task(
                _ask_one(
                    connector,
                    asks,
                    transport,
                    manners.of(connector.system, credential(keys.get(connector.system.id, {}))),
                    clock,
                    keys.get(connector.system.id, {}),
                    spend=spend,
                )
            )
            for connector, asks in inquiries
        ]
        if not tasks:
            return ()
        done, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
    reports: list[Report] = []
    for task, (connector, asks) in zip(tasks, inquiries, strict=True):
        if task in done:
            reports.extend(task.result())
        else:
            slow = Outcome(OutcomeKind.UNREACHABLE, f"no answer within {seconds:g} s")
            reports.extend(Report(connector.system.id, ask.number, slow, asked_at=clock()) for ask in asks)
    return tuple(reports)


async def _ask_one(
    connector: Connector,
    asks: Sequence[Ask],
    transport: Transport,
    pace: Pace,
    clock: Clock,
    keys: Mapping[str, str],
    *,
    spend: bool,
) -> list[Report]:
    """All numbers of one system, request after request at its pace; numbers it must not be asked now are told so."""
    system, reports, open_ = connector.system, [], []
    for ask in {ask.number: ask for ask in asks}.values():
        refusal = pace.refusal(ask.number, clock()) if SENT.fullmatch(ask.number) else NO_NUMBER
        if refusal is None:
            open_.append(ask)
        else:
            reports.append(Report(system.id, ask.number, refusal, asked_at=clock()))
    if not open_:
        return reports
    try:
        keys = await _with_token(connector, transport, {**of_the_clock(clock()), **keys})
    except (KeyError, ValueError) as error:
        outcome = _keyless(error)
        return [*reports, *(Report(system.id, ask.number, outcome, asked_at=clock()) for ask in open_)]
    for start in range(0, len(open_), system.batch):
        batch = open_[start : start + system.batch]
        reports.extend(await _ask_batch(connector, batch, transport, pace, clock, keys, spend=spend))
    return reports


async def _ask_batch(
    connector: Connector,
    batch: Sequence[Ask],
    transport: Transport,
    pace: Pace,
    clock: Clock,
    keys: Mapping[str, str],
    *,
    spend: bool,
) -> list[Report]:
    """One batch; what has to be registered first is registered, where that may be spent."""
    id = connector.system.id
    found: dict[str, Report] = {}
    try:
        if isinstance(connector, Talking):
            for ask in batch:
                for report in await _talk(connector, ask, keys, transport, pace, clock):
                    found[report.number] = report
        else:
            for request in connector.requests(batch, keys):
                for report in await _answer(connector, request, batch, keys, transport, pace, clock):
                    found[report.number] = report
    except KeyError as missing:
        return [Report(id, ask.number, _keyless(missing), asked_at=clock()) for ask in batch]
    register = getattr(connector, "register", None)
    waiting = [ask for ask in batch if ask.number in found and found[ask.number].outcome.kind is OutcomeKind.NOT_ASKED]
    if spend and register is not None and waiting and not pace.closed_until:
        for request in register(waiting, keys):
            response = await transport.fetch(connector.system, request)
            found |= {report.number: report for report in read_safely(connector, response, waiting, clock())}
    other = Outcome(OutcomeKind.NOT_THEIRS, "not sent: no number of this system")
    return [found.get(ask.number) or Report(id, ask.number, other, asked_at=clock()) for ask in batch]


async def _with_token(connector: Connector, transport: Transport, keys: Mapping[str, str]) -> Mapping[str, str]:
    """The keys, with a token where the system gives one for them. Raises KeyError or ValueError without one."""
    if not isinstance(connector, Shaped) or (request := connector.token_request(keys)) is None:
        return keys
    response = await transport.fetch(connector.system, request)
    if response.problem is not None:
        raise ValueError(response.problem.detail)
    return {**keys, **connector.read_token(response)}


def of_the_clock(now: dt.datetime) -> dict[str, str]:
    """What some signatures want of the time: milliseconds, and Beijing's wall time."""
    return {
        "timestamp": str(int(now.timestamp() * 1000)),
        "time": now.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S"),
    }


def _keyless(error: Exception) -> Outcome:
    """Why a system could not be asked with the keys there are."""
    if isinstance(error, KeyError):
        return Outcome(OutcomeKind.UNAUTHORISED, f"no key was given ({error.args[0]})")
    return Outcome(OutcomeKind.UNAUTHORISED, str(error))


async def _talk(
    connector: Talking, ask: Ask, keys: Mapping[str, str], transport: Transport, pace: Pace, clock: Clock
) -> tuple[Report, ...]:
    """A conversation about one number; for the pace it is one ask. It ends early where the system says no."""
    refused = await _at_its_pace(connector, (ask,), pace, clock)
    if refused:
        return refused
    talk, response, request = connector.talk(ask, keys), Response(0), None
    try:
        request = next(talk)
        for _ in range(STEPS):
            response = await transport.fetch(connector.system, request)
            if response.problem is not None or response.status >= ERRORS:
                talk.close()
                break
            request = talk.send(response)
    except StopIteration as done:
        response = done.value
    except ValueError as error:
        response = replace(response, problem=Outcome(OutcomeKind.CHANGED, f"a step was not understood: {error}"))
    reports = read_safely(connector, response, (ask,), clock())
    pace.answered(reports, clock())
    return _signed(reports, request, keys)


async def _at_its_pace(
    connector: Connector, asks: Sequence[Ask], pace: Pace, clock: Clock
) -> tuple[Report, ...] | None:
    """Waits until these numbers may be asked and notes that they are; reports instead, where they may not be asked."""
    id, refusals = connector.system.id, [pace.refusal(ask.number, clock()) for ask in asks]
    if refusals[0] is not None:
        # An earlier request of this round was refused: nobody asks on.
        pairs = zip(asks, refusals, strict=True)
        return tuple(Report(id, ask.number, refusal or refusals[0], asked_at=clock()) for ask, refusal in pairs)
    # Nothing is awaited between the last look at the pace and the note: many asks at once keep it, too.
    while (pause := pace.wait(clock())) > 0:
        await asyncio.sleep(pause)
    if (refusal := pace.refusal(asks[0].number, clock())) is not None:
        return tuple(Report(id, ask.number, refusal, asked_at=clock()) for ask in asks)
    pace.asked(tuple(ask.number for ask in asks), clock())
    if connector.system.jitter:
        await asyncio.sleep(random.uniform(0, connector.system.jitter))
    return None


def _signed(reports: Sequence[Report], request: Request | None, keys: Mapping[str, str]) -> tuple[Report, ...]:
    """The reports with the fingerprint of what was asked beside what was answered."""
    asked = fingerprint(request, keys.values()) if request is not None else ""
    return tuple(
        replace(report, snapshot=replace(report.snapshot, request_sha256=asked)) if report.snapshot else report
        for report in reports
    )


async def _answer(
    connector: Connector,
    request: Request,
    batch: Sequence[Ask],
    keys: Mapping[str, str],
    transport: Transport,
    pace: Pace,
    clock: Clock,
) -> tuple[Report, ...]:
    asks = request.asks or tuple(batch)
    refused = await _at_its_pace(connector, asks, pace, clock)
    if refused:
        return refused
    response = await transport.fetch(connector.system, request)
    reports = read_safely(connector, response, asks, clock())
    pace.answered(reports, clock())
    return _signed(reports, request, keys)
