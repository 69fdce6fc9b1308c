"""Taking due rows, so that of all who watch exactly one asks. Two watchers, or ten, on one database do no harm.

A claim is one transaction: it reserves the system's pace and budget, and puts a lease on the rows. Whoever is killed
while asking leaves nothing behind but leases that run out. `next_at` is never emptied by a claim: a row is due until
its result is written together with its next due time.
"""

from __future__ import annotations

import datetime as dt
import secrets

from django.db import connection, transaction
from django.db.models import Min, Q
from msgspec import Struct

from dozor.carriers import systems
from dozor.service.parcels.models import Parcel, Poll, Source

LEASE = dt.timedelta(seconds=180)  # longer than any ask takes


class Claim(Struct, frozen=True):
    """Rows of one system that are ours until the lease ends; `owner` proves it."""

    carrier: str
    owner: str
    person: int | None  # whose key is used; None: a system without keys
    polls: tuple[Poll, ...]


def due_carriers(now: dt.datetime, hurry: bool = False) -> list[str]:
    """The systems that have due rows and want a request now, the longest due first."""
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    # Grouped, not cut off: thousands of due numbers of a system that pauses would hide the others behind them.
    longest = Poll.objects.filter(free, next_at__lte=now).order_by().values_list("carrier").annotate(at=Min("next_at"))
    carriers = [carrier for carrier, _ in longest.order_by("at", "carrier")]
    if hurry or not carriers:
        return carriers
    # Those that want no request now need not be claimed from to find it out.
    waits = Q(ready_at__gt=now) | Q(closed_until__gt=now)
    waiting = set(Source.objects.filter(waits, carrier__in=carriers, credential="").values_list("carrier", flat=True))
    return [carrier for carrier in carriers if carrier not in waiting]


def claim(carrier: str, now: dt.datetime, hurry: bool = False) -> Claim | None:
    """One request's worth of due rows of a system, or None: nothing is due, or it wants no request now.

    `hurry` leaves pace and budget aside: for the local peer alone.
    """
    system = systems().get(carrier)
    if system is None:
        # A system that is no longer in the tables: its rows sleep, and are looked at again tomorrow.
        Poll.objects.filter(carrier=carrier, next_at__lte=now).update(
            next_at=now + dt.timedelta(days=1), why="no_system"
        )
        return None
    Source.objects.get_or_create(carrier=carrier, credential="")
    with transaction.atomic():
        source = Source.objects.select_for_update().get(carrier=carrier, credential="")
        if not _ready(source, system.per_day, now) and not hurry:
            return None
        owner = secrets.token_hex(12)
        ids = _lease(carrier, owner, now, system.batch, one_person=system.needs_key)
        if not ids:
            return None
        source.asked += 1
        source.ready_at = now + dt.timedelta(seconds=60 / max(system.per_minute, 0.01))
        source.save(update_fields=["day", "asked", "ready_at"])
        polls = list(Poll.objects.filter(pk__in=ids).select_related("parcel", "parcel__owner", "parcel__order"))
        _lease_same_numbers(carrier, owner, now, polls, one_person=system.needs_key)
        polls = list(
            Poll.objects.filter(carrier=carrier, lease_owner=owner)
            .select_related("parcel", "parcel__owner", "parcel__order")
            .order_by("id")
        )
    person = polls[0].parcel.owner_id if system.needs_key else None
    return Claim(carrier, owner, person, tuple(polls))


def reserve(carrier: str, now: dt.datetime) -> bool:
    """Whether a system may be sent one request more, beside those of the watch; it is counted then."""
    system = systems().get(carrier)
    if system is None:
        return False
    Source.objects.get_or_create(carrier=carrier, credential="")
    with transaction.atomic():
        source = Source.objects.select_for_update().get(carrier=carrier, credential="")
        if not _ready(source, system.per_day, now):
            return False
        source.asked += 1
        source.ready_at = now + dt.timedelta(seconds=60 / max(system.per_minute, 0.01))
        source.save(update_fields=["day", "asked", "ready_at"])
    return True


def _ready(source: Source, per_day: int, now: dt.datetime) -> bool:
    """Whether pace, budget and the system's own wish allow a request."""
    today = now.date()
    if source.day != today:
        source.day, source.asked = today, 0
    paused = source.closed_until is not None and source.closed_until > now
    early = source.ready_at is not None and source.ready_at > now
    return not paused and not early and source.asked < per_day


def _lease(carrier: str, owner: str, now: dt.datetime, limit: int, *, one_person: bool) -> list[int]:
    """The ids of at most `limit` due rows, leased in one statement."""
    table, parcels = Poll._meta.db_table, Parcel._meta.db_table
    skip = "FOR UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else ""
    whose = ""
    params: list[object] = [now + LEASE, owner, carrier, now, now]
    if one_person:
        # A request carries one key: rows of whoever waits longest.
        whose = f"""AND parcel_id IN (SELECT id FROM {parcels} WHERE owner_id = (
            SELECT p.owner_id FROM {table} q JOIN {parcels} p ON p.id = q.parcel_id
            WHERE q.carrier = %s AND q.next_at <= %s AND (q.lease_until IS NULL OR q.lease_until < %s)
            ORDER BY q.next_at LIMIT 1))"""
        params += [carrier, now, now]
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE {table} SET lease_until = %s, lease_owner = %s WHERE id IN (
                SELECT id FROM {table}
                WHERE carrier = %s AND next_at <= %s AND (lease_until IS NULL OR lease_until < %s) {whose}
                ORDER BY next_at LIMIT {int(limit)} {skip}) RETURNING id""",  # names of our own tables, one number
            [_stored(value) for value in params],
        )
        return [row[0] for row in cursor.fetchall()]


def _stored(value: object) -> object:
    """An instant as the database at hand keeps it."""
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, dt.datetime) else value


def _lease_same_numbers(carrier: str, owner: str, now: dt.datetime, polls: list[Poll], *, one_person: bool) -> None:
    """The same number of other parcels is answered along: a number is asked about once."""
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    same = Poll.objects.filter(free, carrier=carrier, number__in={poll.number for poll in polls}, next_at__isnull=False)
    if one_person:
        same = same.filter(parcel__owner_id=polls[0].parcel.owner_id)
    same.update(lease_until=now + LEASE, lease_owner=owner)


def claim_reviews(now: dt.datetime, limit: int = 50) -> list[Parcel]:
    """Parcels that are to be thought over again though nobody said anything; leased like rows of systems."""
    table = Parcel._meta.db_table
    skip = "FOR UPDATE SKIP LOCKED" if connection.vendor == "postgresql" else ""
    owner = secrets.token_hex(12)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE {table} SET lease_until = %s, lease_owner = %s WHERE id IN (
                SELECT id FROM {table} WHERE review_at <= %s AND (lease_until IS NULL OR lease_until < %s)
                ORDER BY review_at LIMIT {int(limit)} {skip}) RETURNING id""",
            [_stored(now + LEASE), owner, _stored(now), _stored(now)],
        )
        ids = [row[0] for row in cursor.fetchall()]
    return list(Parcel.objects.filter(pk__in=ids, lease_owner=owner).select_related("order", "owner"))
