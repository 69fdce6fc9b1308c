"""Asking several systems about several numbers, within their limits and within our time."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence

from dozor.carriers.base.politeness import Manners, Pace
from dozor.carriers.base.protocol import Ask, Connector, Request
from dozor.carriers.base.reading import read_safely
from dozor.carriers.base.transport import Transport
from dozor.model import Outcome, OutcomeKind, Report

Clock = Callable[[], dt.datetime]
Inquiry = tuple[Connector, Sequence[Ask]]


async def ask_all(
    inquiries: Iterable[Inquiry],
    *,
    clock: Clock,
    seconds: float,
    manners: Manners | None = None,
    keys: Mapping[str, Mapping[str, str]] | None = None,
    base_urls: dict[str, str] | None = None,
) -> tuple[Report, ...]:
    """One report for each system and number. Whoever has not answered after `seconds` counts as unreachable."""
    manners, keys = manners or Manners(), keys or {}
    inquiries = list(inquiries)
    async with Transport(base_urls) as transport:
        tasks = [
            asyncio.create_task(
                _ask_one(
                    connector, asks, transport, manners.of(connector.system), clock, keys.get(connector.system.id, {})
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
    connector: Connector, asks: Sequence[Ask], transport: Transport, pace: Pace, clock: Clock, keys: Mapping[str, str]
) -> list[Report]:
    """All numbers of one system, request after request at its pace; numbers it must not be asked now are told so."""
    system, reports, open_ = connector.system, [], []
    for ask in {ask.number: ask for ask in asks}.values():
        refusal = pace.refusal(ask.number, clock())
        if refusal is None:
            open_.append(ask)
        else:
            reports.append(Report(system.id, ask.number, refusal, asked_at=clock()))
    for start in range(0, len(open_), system.batch):
        batch = open_[start : start + system.batch]
        try:
            requests = connector.requests(batch, keys)
        except KeyError as missing:
            outcome = Outcome(OutcomeKind.UNAUTHORISED, f"no key was given ({missing.args[0]})")
            reports.extend(Report(system.id, ask.number, outcome, asked_at=clock()) for ask in batch)
            continue
        for request in requests:
            reports.extend(await _answer(connector, request, batch, transport, pace, clock))
        asked = {ask.number for request in requests for ask in request.asks}
        other = Outcome(OutcomeKind.NOT_THEIRS, "not sent: no number of this system")
        reports.extend(
            Report(system.id, ask.number, other, asked_at=clock()) for ask in batch if ask.number not in asked
        )
    return reports


async def _answer(
    connector: Connector, request: Request, batch: Sequence[Ask], transport: Transport, pace: Pace, clock: Clock
) -> tuple[Report, ...]:
    asks = request.asks or tuple(batch)
    refusals = [pace.refusal(ask.number, clock()) for ask in asks]
    if refusals[0] is not None:
        # An earlier request of this round was refused: nobody asks on.
        return tuple(
            Report(connector.system.id, ask.number, refusal or refusals[0], asked_at=clock())
            for ask, refusal in zip(asks, refusals, strict=True)
        )
    await asyncio.sleep(pace.wait(clock()))
    pace.asked(tuple(ask.number for ask in asks), clock())
    response = await transport.fetch(connector.system, request)
    reports = read_safely(connector, response, asks, clock())
    pace.answered(reports, clock())
    return reports
