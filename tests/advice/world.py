"""Clocks, journeys and diagnoses made by hand: a buyer's day in one line."""

from __future__ import annotations

import datetime as dt
from typing import Any

from dozor.advice import advise
from dozor.model import (
    Advice,
    BackStop,
    Cause,
    CauseId,
    Clock,
    Diagnosis,
    Dispute,
    DisputeState,
    Dossier,
    Event,
    Journey,
    Limit,
    Message,
    Milestone,
    Moment,
    Money,
    MoneyState,
    NumberLink,
    Order,
    Outlook,
    StepId,
)

NOW = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)
TODAY = NOW.date()


def days(number: float) -> dt.timedelta:
    return dt.timedelta(days=number)


def clock(
    *,
    end: float | None = 40,
    opened: float | None = -1,
    may: bool | None = True,
    money: MoneyState = MoneyState.HELD,
    rescue: bool = True,
    backstop: float | None = 100,
    available: bool | None = None,
    policy: str | None = "aliexpress-com.2021",
    **limits: float,
) -> Clock:
    """A clock whose protection ends in `end` days and opens disputes from `opened` days from now."""
    made = []
    if end is not None:
        made += [Limit("protection_end", NOW + days(end)), Limit("safe_deadline", NOW + days(end - 2))]
        if rescue:
            made.append(Limit("rescue_deadline", NOW + days(end + 13)))
    if opened is not None:
        made.append(Limit("earliest_open", NOW + days(opened)))
    made += [Limit(id, NOW + days(at)) for id, at in limits.items()]
    stops = () if backstop is None else (BackStop("card", NOW - days(5), NOW + days(backstop), available),)
    return Clock(policy=policy, limits=tuple(made), backstops=stops, money=money, may_open_now=may)


NO_SHOP = Clock(policy=None)


def diagnosis(*causes: str | tuple[str, float]) -> Diagnosis:
    """Causes by id, the first one leading unless shares are given."""
    made = []
    for place, cause in enumerate(causes):
        id, p = cause if isinstance(cause, tuple) else (cause, 0.7 if place == 0 else 0.2 / max(1, len(causes) - 1))
        made.append(Cause(CauseId(id), p))
    return Diagnosis(causes=(*made, Cause(CauseId.OTHER, max(0.0, 1 - sum(each.probability for each in made)))))


def outlook(never: float = 0.05, mean: float = 15, elapsed: float = 20, p90: float = 40) -> Outlook:
    """A lane on which half of what comes comes within `mean` days from now."""
    by = tuple((TODAY + days(each), (1 - never) * (1 - 0.5 ** (each / mean))) for each in range(5, 95, 5))
    return Outlook(
        stage="delivery", lane="CN-RU", elapsed=elapsed, norm_p10=10, norm_p50=25, norm_p90=p90, unusual=0.5,
        p_never=never, p_arrives_by=by,
    )  # fmt: skip


def journey(
    last: str | None = None,
    *,
    ago: float = 5,
    stage: Milestone | None = None,
    number: str = "RB123456785CN",
    **fields: Any,
) -> Journey:
    """A journey with one event, or with none."""
    if last is None:
        return Journey(numbers=(NumberLink(number),), **fields)
    local = (NOW - days(ago)).replace(tzinfo=None)
    event = Event(text=last, when=Moment(local=local, offset=0), system="upu", milestone=stage)
    return Journey(
        numbers=(NumberLink(number),), events=(event,), stage=stage, first_seen=NOW - days(ago + 5), last_movement=event,
        silence_days=ago, **fields,
    )  # fmt: skip


def dossier(
    *,
    shipped: float | None = 20,
    price: Money | None = None,
    shop: str | None = "aliexpress",
    said: tuple[tuple[str, float], ...] = (),
    dispute: str | None = None,
    lang: str | None = "ru",
    style: str = "balanced",
    opened: float | None = 3,
    asked: Money | None = None,
    offered: Money | None = None,
    decided: float | None = None,
    reason: str | None = None,
    **order: Any,
) -> Dossier:
    """A purchase shipped `shipped` days ago; `said` are (by, days ago)."""
    day = TODAY - days(shipped) if shipped is not None else None
    made = Order(
        marketplace=shop, number="8123456789012345", price=price, shipped=day, destination="RU",
        paid=order.pop("paid", day - days(2) if day else None), **order,
    )  # fmt: skip
    messages = tuple(Message(text="…", by=by, at=NOW - days(ago)) for by, ago in said)
    state = None
    if dispute is not None:
        state = Dispute(
            state=DisputeState(dispute), opened=TODAY - days(opened) if opened is not None else None, asked=asked,
            offered=offered, decided=TODAY - days(decided) if decided is not None else None, reason=reason,
        )  # fmt: skip
    return Dossier(order=made, messages=messages, dispute=state, lang=lang, style=style)


def ask(
    cause: str | Diagnosis = "other",
    d: Dossier | None = None,
    *,
    c: Clock | None = None,
    j: Journey | None = None,
    o: Outlook | None = None,
    replies: tuple[str, ...] = (),
    **more: Any,
) -> Advice:
    """The advice of an ordinary day with the given differences."""
    found = cause if isinstance(cause, Diagnosis) else diagnosis(cause)
    return advise(d or dossier(), j or journey(), c or clock(), o, found, NOW, replies=replies, **more)


def ids(advice: Advice) -> list[StepId]:
    return [step.id for step in advice.steps]


def first(advice: Advice) -> StepId:
    return advice.steps[0].id
