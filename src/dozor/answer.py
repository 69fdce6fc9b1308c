"""The way of the data: a dossier goes in, an answer comes out. Pure; `now` is a parameter."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from msgspec.structs import replace

from dozor.advice import advise
from dozor.diagnosis import diagnose, headline
from dozor.disputes import Reply, classify, how, steps_allowed
from dozor.forecast import Model, outlook, tracked_prior
from dozor.intake import settle
from dozor.journey import weave_each
from dozor.model import Answer, Dispute, DisputeState, Dossier, Kind, Mention, Reading
from dozor.numbers import buyer_suffix, find, identify
from dozor.protection import clock

NUMBERS = 100  # of one purchase that are looked at: a list of a thousand is none, and its parcels are woven together


def answer(dossier: Dossier, now: dt.datetime, *, learnt: Model | None = None, user: str | None = None) -> Answer:
    """All that can be said about a dossier at `now` (an aware instant).

    `learnt` is what an installation has learnt of delivery times, `user` whose parcels of it are the asker's own.
    Raises ValueError for a `now` without a zone; everything unknown in the dossier is an unknown in the answer.
    """
    if now.tzinfo is None:
        raise ValueError("now must be an aware instant: give it a zone, for instance +00:00")
    now = now.astimezone(dt.UTC)

    dossier = settle(dossier, now)
    understood = [classify(message.text) for message in dossier.messages if message.by == "seller"]
    replies = [reply.category for reply in understood]
    dossier = granted(dossier, understood)
    mentions = read_numbers(dossier)
    readings = [mention.readings[0] for mention in mentions if mention.readings]
    tracking = [reading for reading in readings if reading.kind is Kind.TRACKING]

    # The first is the parcel that the buyer asks about; further ones of the same order are told beside it.
    journey, *others = weave_each(dossier.reports, now, told=dossier.events, order=dossier.order, numbers=tracking)
    limits = clock(dossier.order, journey, now, dossier.dispute)
    forecast = outlook(
        journey,
        dossier.order,
        now,
        reading=tracking[0] if tracking else None,
        protection_end=limits.at("protection_end"),
        learnt=learnt,
        user=user,
    )
    diagnosis = diagnose(
        dossier,
        mentions,
        journey,
        limits,
        forecast,
        now,
        replies=replies,
        tracked_prior=tracked_prior(dossier.order),
    )
    state = dossier.dispute.state if dossier.dispute else DisputeState.NONE
    advice = advise(
        dossier,
        journey,
        limits,
        forecast,
        diagnosis,
        now,
        replies=replies,
        may=steps_allowed(state, bought=dossier.order.paid or dossier.order.shipped),
        how=how,
    )

    return Answer(
        now=now,
        headline=headline(diagnosis),
        mentions=mentions,
        journey=journey,
        clock=limits,
        diagnosis=diagnosis,
        advice=advice,
        outlook=forecast,
        ask=whom_to_ask(tracking, dossier),
        id=dossier.id,
        others=tuple(other for other in others if other.events),
    )


def granted(dossier: Dossier, understood: Sequence[Reply]) -> Dossier:
    """The dossier with the dispute that the seller's words take for granted, where nothing else is said of one."""
    states = [reply.dispute for reply in understood if reply.dispute is not None]
    return dossier if dossier.dispute or not states else replace(dossier, dispute=Dispute(state=states[-1]))


def read_numbers(dossier: Dossier) -> tuple[Mention, ...]:
    """Every number of the dossier, once, `NUMBERS` at most: those given as numbers first, then those in its text."""
    suffixes = set(dossier.order_suffixes)
    if dossier.order.number and (suffix := buyer_suffix(dossier.order.number)):
        suffixes.add(suffix)
    given = [
        Mention(raw=number, start=0, end=len(number), readings=identify(number, suffixes=suffixes))
        for number in dossier.numbers
    ]
    found = find(dossier.text, suffixes=suffixes) if dossier.text else ()
    once: dict[str, Mention] = {}
    for mention in (*given, *found):
        once.setdefault(mention.readings[0].normal if mention.readings else mention.raw, mention)
    return tuple(once.values())[:NUMBERS]


def whom_to_ask(tracking: Sequence[Reading], dossier: Dossier) -> tuple[str, ...]:
    """Carriers that may know the numbers and have not answered yet, best first."""
    answered = {report.carrier for report in dossier.reports}
    wanted = dict.fromkeys(carrier for reading in tracking if reading.valid for carrier in reading.carriers)
    return tuple(carrier for carrier in wanted if carrier not in answered)
