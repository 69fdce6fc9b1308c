"""Asking systems from the command line, for a few seconds at most."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from collections.abc import Callable, Collection, Iterable, Sequence

from dozor.model import Reading, Report

Clock = Callable[[], dt.datetime]


def base_urls() -> dict[str, str]:
    """Other addresses of systems from the environment: DOZOR_<SYSTEM>_URL for one, DOZOR_PEER for all of them."""
    from dozor.carriers import systems

    everywhere = os.environ.get("DOZOR_PEER")
    named = {id: os.environ.get(f"DOZOR_{id.upper().replace('-', '_')}_URL", everywhere) for id in systems()}
    return {id: url for id, url in named.items() if url}


def ask_around(
    readings: Iterable[Reading],
    clock: Clock,
    seconds: float,
    *,
    pinned: Sequence[str] = (),
    forbidden: Collection[str] = (),
    answered: Collection[tuple[str, str]] = (),
    postcode: str | None = None,
    phone_last: str | None = None,
    destination: str | None = None,
    lang: str = "en",
    spend: bool = False,
) -> tuple[Report, ...]:
    """What keyless systems, and those the user has keys for, say; never raises for what the network does.

    What a system said a short time ago is not asked again: it is told as it was. A second number that an answer
    names is asked about in turn, within the same time.
    """
    from dozor.carriers import connector, plan, systems
    from dozor.carriers.base import Ask, Manners
    from dozor.carriers.base.asking import ask_all
    from dozor.cli.health import note
    from dozor.cli.kept import keep, kept
    from dozor.cli.keys import keys
    from dozor.numbers import identify

    urls = base_urls()
    begun, owned, state = clock(), keys(), kept(urls)
    manners = Manners(before=state.paces)
    reports: tuple[Report, ...] = ()
    queue, asked = list(readings), set(answered)
    for _ in range(2):
        steps = plan(
            queue, destination=destination, with_keys=owned, pinned=pinned, forbidden=forbidden, answered=asked
        )
        asked |= {(step.system, step.number) for step in steps}
        by_system: dict[str, list[Ask]] = {}
        known: list[Report] = []
        for step in steps:
            hours = systems()[step.system].min_interval_hours
            if (told := state.answer(step.system, step.number, hours, begun)) is not None and not spend:
                known.append(told)
                continue
            by_system.setdefault(step.system, []).append(Ask(step.number, destination, postcode, phone_last, lang))
        left = seconds - (clock() - begun).total_seconds()
        if (not by_system and not known) or left <= 0.2:
            break
        inquiries = [(connector(id), asks) for id, asks in by_system.items()]
        asking = ask_all(inquiries, clock=clock, seconds=left, manners=manners, keys=owned, base_urls=urls, spend=spend)
        found = (*known, *asyncio.run(asking))
        reports = (*reports, *found)
        aliases = {alias.number for report in found for alias in report.aliases}
        queue = [identify(number)[0] for number in sorted(aliases) if identify(number)]
    note(reports)
    keep(state.after(manners, reports), urls)
    return reports
