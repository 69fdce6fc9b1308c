"""Rows of the outbox while they are carried: claimed, handed over, settled. What is promised is in README.md.

due ── claim ──▶ leased ── hand_over ──▶ unconfirmed ── settle ──▶ sent
                    │                          │    └──refused──▶ due again, later; given up after the last try
                    └─ killed: due again       └─ killed: unconfirmed for good, never sent again by itself
"""

from __future__ import annotations

import datetime as dt
import secrets

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.urls import NoReverseMatch, reverse
from msgspec import Struct
from msgspec.structs import replace

from dozor.i18n import say
from dozor.model import Text
from dozor.service.notify.compose import Message, News, compose
from dozor.service.notify.decide import habits_of
from dozor.service.notify.models import Channel, Mute
from dozor.service.notify.tables import news
from dozor.service.notify.times import quiet_until
from dozor.service.parcels import mapping
from dozor.service.parcels.faults import Faults
from dozor.service.parcels.models import ENDED, Answer, Fate, Outbox, Parcel, Work
from dozor.service.parcels.people import zone_of

LEASE = dt.timedelta(seconds=180)  # longer than any peer is waited for
UNCONFIRMED = "unconfirmed"
NOT_COMPOSED = "not_composed"
OPEN = Q(sent_at=None, given_up_at=None)


class Claim(Struct, frozen=True):
    """Rows of one channel that are ours until the lease ends; `owner` proves it."""

    owner: str
    channel: str
    ids: tuple[int, ...]


class Letter(Struct, frozen=True):
    """What is to be carried for a claim: where, what, and the rows that it tells of."""

    channel: Channel
    message: Message
    ids: tuple[int, ...]
    key: str  # the same for the same news, however often it is tried


def claim(now: dt.datetime) -> Claim | None:
    """All that is due for the channel that waits longest, as one message's worth; None where nothing is due."""
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    due = Outbox.objects.filter(OPEN, free, next_at__lte=now).order_by("next_at", "id")
    due = due.select_for_update(skip_locked=True)
    with transaction.atomic():
        first = due.first()
        if first is None:
            return None
        rows = list(due.filter(owner_id=first.owner_id, channel=first.channel)[: news().most])
        owner = secrets.token_hex(12)
        ids = tuple(row.pk for row in rows)
        Outbox.objects.filter(pk__in=ids).update(lease_until=now + LEASE, lease_owner=owner)
    return Claim(owner, first.channel, ids)


def prepare(claim: Claim, now: dt.datetime) -> Letter | None:
    """The message of a claim. Rows that need no telling any more are closed; those that came into quiet hours wait."""
    with transaction.atomic():
        rows = list(
            Outbox.objects.filter(pk__in=claim.ids, lease_owner=claim.owner)
            .select_related("owner", "parcel", "parcel__order")
            .order_by("id")
        )
        channel = Channel.objects.filter(ref=claim.channel).first()
        if channel is None:
            _closed([row.pk for row in rows], now, "no channel")
            return None
        habits, zone = habits_of(channel.owner), zone_of(channel.owner)
        end = quiet_until(now, zone, habits.quiet_from, habits.quiet_to)
        told: dict[int, tuple[Outbox, News]] = {}
        ids: list[int] = []
        faults = Faults(Work.COMPOSE, now)
        for row in rows:
            if end is not None and not _passes(row, now, end):
                Outbox.objects.filter(pk=row.pk).update(next_at=end, lease_until=None, lease_owner="")
                continue
            try:
                with transaction.atomic():
                    item = _news(row)
                    if item is not None:
                        compose([item], now, channel.owner.lang, zone)
            except Exception as error:
                # The news of the other parcels go out without it.
                assert row.parcel is not None
                faults.broke(row.parcel, error)
                Outbox.objects.filter(pk=row.pk).update(attempts=F("attempts") + 1)
                row.attempts += 1
                _later(row, NOT_COMPOSED, now)
                continue
            if row.parcel is not None:
                faults.went_well(row.parcel)
            if item is None:
                _closed([row.pk], now, "nothing to tell any more")
                continue
            ids.append(row.pk)
            if row.parcel_id in told:  # a later row of the same parcel says all that an earlier one would
                before = told[row.parcel_id][1]
                changed = tuple(dict.fromkeys((*before.changed, *item.changed)))
                item = replace(item, changed=changed, reminder=item.reminder and before.reminder)
            told[row.parcel_id] = (row, item)
        if not told:
            return None
    message = compose([item for _, item in told.values()], now, channel.owner.lang, zone)
    return Letter(channel, message, tuple(ids), mapping.digest(*sorted(row.key for row, _ in told.values())))


def hand_over(claim: Claim, letter: Letter) -> bool:
    """Committed before a word goes out: from here on the peer may have it, so nobody sends it again by himself.

    False where the lease has gone to another meanwhile.
    """
    with transaction.atomic():
        rows = Outbox.objects.filter(OPEN, pk__in=letter.ids, lease_owner=claim.owner, next_at__isnull=False)
        # Counted by what was written: between a look and the writing a lease may go to another.
        if rows.update(next_at=None, problem=UNCONFIRMED, attempts=F("attempts") + 1) != len(letter.ids):
            transaction.set_rollback(True)
            return False
    return True


def settle(claim: Claim, letter: Letter, problem: str | None, now: dt.datetime, *, known: bool = True) -> None:
    """How it went: None means the peer took it; else what was wrong, and it comes again unless all tries are used.

    Where it is not `known` whether the peer took it, it is not sent again.
    """
    with transaction.atomic():
        rows = Outbox.objects.filter(OPEN, pk__in=letter.ids, lease_owner=claim.owner)
        free = {"lease_until": None, "lease_owner": ""}
        channel = Channel.objects.filter(pk=letter.channel.pk)
        if problem is None:
            rows.update(sent_at=now, next_at=None, problem="", **free)
            channel.update(worked_at=now, problem="")
            return
        channel.update(failed_at=now, problem=problem[:40])
        if not known:
            rows.update(given_up_at=now, next_at=None, problem=UNCONFIRMED, **free)
            return
        for row in rows:
            _later(row, problem, now)


def _later(row: Outbox, problem: str, now: dt.datetime) -> None:
    """After a try that failed: due again in a while, or given up after the last; nobody's meanwhile."""
    waits = news().retry_minutes
    if row.attempts > len(waits):
        fields = {"given_up_at": now, "next_at": None}
    else:
        fields = {"next_at": now + dt.timedelta(minutes=waits[max(row.attempts, 1) - 1])}
    Outbox.objects.filter(pk=row.pk).update(problem=problem, lease_until=None, lease_owner="", **fields)


def not_begun(claim: Claim, letter: Letter, problem: str, now: dt.datetime) -> None:
    """The peer could not even be reached: nothing was handed over, which is a try all the same."""
    Outbox.objects.filter(OPEN, pk__in=letter.ids, lease_owner=claim.owner).update(attempts=F("attempts") + 1)
    settle(claim, letter, problem, now)


def sweep(now: dt.datetime) -> int:
    """What was handed over by somebody who did not live to say how it went: said to be unconfirmed; how many."""
    gone = Outbox.objects.filter(OPEN, next_at=None, problem=UNCONFIRMED, lease_until__lt=now)
    return int(gone.update(given_up_at=now, lease_until=None, lease_owner=""))


def again(row: Outbox, now: dt.datetime) -> None:
    """Its reader wants it sent once more, knowing that it may come twice."""
    Outbox.objects.filter(pk=row.pk).exclude(given_up_at=None).update(
        given_up_at=None, next_at=now, attempts=0, problem="", lease_until=None, lease_owner=""
    )


def name_of(parcel: Parcel, lang: str) -> str:
    """What a person calls a parcel: its title, else its number, else its order."""
    given = parcel.numbers.filter(given=True).first()
    order = parcel.order.number
    return parcel.title or (given.number if given else "") or order or say(Text("notify.parcel"), lang)


def link_of(parcel: Parcel) -> str:
    """The parcel's page, where people's address of the service is known."""
    base = settings.CONFIG.public_url
    if not base:
        return ""
    try:
        return str(base + reverse("parcel", args=[parcel.ref]))
    except NoReverseMatch:
        return base + "/"


def _news(row: Outbox) -> News | None:
    """What a row tells now; None where its parcel has ended or was muted, or its answer is gone."""
    parcel = row.parcel
    if parcel is None or Fate(parcel.fate) in ENDED or Mute.objects.filter(parcel=parcel).exists():
        return None
    answer = Answer.objects.filter(parcel=parcel, pk=row.payload.get("answer")).first()
    if answer is None:
        return None
    return News(
        name=name_of(parcel, row.owner.lang),
        answer=mapping.answer_struct(answer),
        changed=tuple(row.payload.get("changed", ())),
        reminder=row.payload.get("kind") == "reminder",
        link=link_of(parcel),
        step=row.payload.get("step", ""),
    )


def _passes(row: Outbox, now: dt.datetime, end: dt.datetime) -> bool:
    """Whether waiting for the end of the quiet hours would be too late."""
    before = row.payload.get("before")
    return before is not None and now < dt.datetime.fromisoformat(before) <= end


def _closed(ids: list[int], now: dt.datetime, problem: str) -> None:
    Outbox.objects.filter(pk__in=ids).update(
        given_up_at=now, next_at=None, problem=problem, lease_until=None, lease_owner=""
    )
