"""Learning delivery times from the parcels that are kept here, and answering with what was learnt.

It stands on the floor of the rows, because every answer of the service needs it; when it is time to learn, the watch
says. A learning is one small row: figures, and marks of names that cannot be read (`forecast.learnt.mark_of`).
"""

from __future__ import annotations

import datetime as dt
import logging
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import cache

import msgspec
from django.db.models import Max, Min, OuterRef, Q, Subquery
from msgspec import Struct

from dozor import knowledge
from dozor.answer import answer
from dozor.forecast import Model, load, outlook
from dozor.forecast.history import Ending, arrival, waits
from dozor.forecast.learnt import Parcel as Wait
from dozor.forecast.tables import settings as figures
from dozor.model import Answer, Dossier, Kind, Mention, OutcomeKind, Outlook, Reading, Text
from dozor.service import turn
from dozor.service.parcels import mapping
from dozor.service.parcels import models as rows
from dozor.service.parcels.faults import Faults
from dozor.service.parcels.models import Fate, Learnt, Person, Work
from dozor.service.unchanged import Memory

log = logging.getLogger("dozor.learning")
DAY = dt.timedelta(days=1)
# Whoever says this says nothing of the parcel.
NO_LOOK = (OutcomeKind.NOT_THEIRS.value, OutcomeKind.NEEDS.value)


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """learning.toml."""

    source: str
    every_hours: float
    keep: int
    look_back: float


@cache
def settings() -> Settings:
    """The table. Raises KnowledgeError."""
    return knowledge.document("service/parcels", "learning.toml", Settings)


# --- answering -------------------------------------------------------------------------------------------


def answered(dossier: Dossier, now: dt.datetime, person: Person | None = None) -> Answer:
    """The answer of this installation: with what it has learnt, the person's own parcels counting as one's own."""
    return answer(dossier, now, learnt=current(), user=_name(person))


def outlook_now(parcel: rows.Parcel, known: Answer, now: dt.datetime) -> Outlook | None:
    """The outlook of an answer given earlier as it is by now: days have passed, and more has been learnt."""
    order, learnt = mapping.order_struct(parcel.order, ()), current()
    return outlook(known.journey, order, now, reading=_reading(known.mentions), learnt=learnt, user=_name(parcel.owner))


def current() -> Model | None:
    """What was learnt last and can be read; None before anything was. One narrow query; read once a process."""
    for said in latest():
        if said not in _READ:
            _READ[said] = _read(said)
            for old in list(_READ)[: -2 * settings().keep]:
                _READ.pop(old, None)
        if (model := _READ[said]) is not None:
            return model
    return None


def latest() -> tuple[str, ...]:
    """The fingerprints of what was learnt, the newest first: answers are others where these are."""
    return _known.get("latest", lambda: tuple(Learnt.objects.values_list("said", flat=True)[: settings().keep]))


_known = Memory(1)
_READ: dict[str, Model | None] = {}  # by fingerprint: the rows may change under us, what they say may not


def _read(said: str) -> Model | None:
    row = Learnt.objects.filter(said=said).first()
    if row is None:
        return None
    try:
        body = body_of(row)
        if mapping.digest(body) != row.said:
            raise ValueError("it is not what was written")
        return load(body)
    except (zlib.error, msgspec.DecodeError, ValueError) as error:
        log.warning("what was learnt on %s is left aside: %s", row.day, error)
        return None


def body_of(row: Learnt) -> bytes:
    """A learning's JSON, as `--learnt` of the command line reads it."""
    return zlib.decompress(bytes(row.body))


def newest() -> Learnt | None:
    """The last learning, readable or not."""
    found: Learnt | None = Learnt.objects.first()
    return found


def holds(row: Learnt | None) -> bool | None:
    """Whether what was told has held as often as it was meant to; None where too few forecasts have run out."""
    if row is None or row.judged < figures().thin_below:
        return None
    return figures().coverage_low <= row.held / row.judged <= figures().coverage_high


def told() -> tuple[Text, ...]:
    """How we know how long parcels take, in words: from how many of them, and how well what was told has held."""
    row = newest()
    if row is None or not row.parcels:
        return (Text("learning.none"),)
    learnt = Text("learning.from", {"n": row.parcels, "at": row.at})
    if not row.judged:
        return learnt, Text("learning.not_judged")
    args = {"n": row.judged, "held": row.held, "share": row.held / row.judged}
    return learnt, Text("learning.held" if row.judged >= figures().thin_below else "learning.held_few", args)


def _name(person: Person | None) -> str | None:
    return person.ref if person is not None else None


# --- learning --------------------------------------------------------------------------------------------


def is_due(now: dt.datetime) -> bool:
    """Whether the last learning is long enough ago."""
    last = Learnt.objects.aggregate(at=Max("at"))["at"]
    return last is None or now - last >= dt.timedelta(hours=settings().every_hours)


def learn_if_due(now: dt.datetime, stopped: Callable[[], bool] = lambda: False) -> bool:
    """Learns where it is time. Done twice, or by two at once, it is done once: the same parcels give the same. Whoever
    is `stopped` meanwhile has learnt nothing yet.
    """
    if not is_due(now):
        return False
    try:
        learn(now, stopped)
    except StoppedError:
        return False
    return True


class StoppedError(Exception):
    """Nobody waits for what is being learnt."""


def learn(now: dt.datetime, stopped: Callable[[], bool] = lambda: False) -> Learnt:
    """Learns from all that is kept, and keeps it as the row of the day. Raises StoppedError."""
    from dozor.forecast import learn as forecast  # brings the array library

    followed = []
    for each in history(now):
        if stopped():
            raise StoppedError
        followed.append(each)
    model = forecast.learn([wait for each in followed for wait in each.waits], now)
    body = msgspec.json.encode(model)
    judged = [each.held for each in followed if each.held is not None]
    fields = {
        "at": now,
        "said": mapping.digest(body),
        "body": zlib.compress(body, 6),
        "parcels": sum(bool(each.waits) for each in followed),
        "judged": len(judged),
        "held": sum(judged),
    }
    row, _ = Learnt.objects.update_or_create(day=now.astimezone(dt.UTC).date(), defaults=fields)
    kept = Learnt.objects.values_list("pk", flat=True)[: settings().keep]
    Learnt.objects.exclude(pk__in=list(kept)).delete()
    log.info("learnt from %d parcels; of %d bands told %d held", row.parcels, row.judged, row.held)
    return row


def forget() -> None:
    """Somebody took everything away: what was learnt from it goes along, and is learnt anew from the others."""
    Learnt.objects.all().delete()


class Followed(Struct, frozen=True):
    """One parcel: its waits, and whether it came within the days told first; None where that cannot be said yet."""

    waits: tuple[Wait, ...]
    held: bool | None


def history(now: dt.datetime) -> Iterator[Followed]:
    """Every parcel that teaches anything: those that came, those under way. Those of the demonstration do not."""
    told = dict(_told())
    seen = dict(_seen())
    latest = rows.Answer.objects.filter(parcel=OuterRef("pk")).order_by("-id").values("body")[:1]
    mine = rows.Parcel.objects.filter(demo=False, made__gte=now - DAY * settings().look_back)
    mine = mine.exclude(fate=Fate.NOT_MINE).select_related("order", "owner").annotate(body=Subquery(latest))
    unread, faults = 0, Faults(Work.LEARN, now)
    for parcel in mine.order_by("id").iterator(chunk_size=200):
        if not parcel.body:
            continue
        try:
            with turn.pages:  # parcel by parcel: a page that is asked for meanwhile comes in between
                known = msgspec.json.decode(zlib.decompress(bytes(parcel.body)), type=Answer)
                followed = _followed(parcel, known, _ending(parcel, seen.get(parcel.pk)), told.get(parcel.pk), now)
        except (zlib.error, msgspec.DecodeError):
            unread += 1
            continue
        except Exception as error:
            faults.broke(parcel, error)
            continue
        faults.went_well(parcel)
        yield followed
    if unread:
        log.warning("%d answers could not be read: nothing is learnt from their parcels", unread)


def _followed(
    parcel: rows.Parcel,
    known: Answer,
    ending: Ending | None,
    band: tuple[dt.date, dt.date] | None,
    now: dt.datetime,
) -> Followed:
    order = mapping.order_struct(parcel.order, ())
    arrived = arrival(known.journey, order, ending or Ending(seen=now))
    if ending is None and arrived is None:
        return Followed((), None)  # nobody looks: whether it came is anybody's guess
    ending = ending or Ending(seen=now)
    found = waits(known.journey, order, ending, now, reading=_reading(known.mentions), user=_name(parcel.owner))
    return Followed(found, _held(arrived, band, now))


def _held(arrived: dt.datetime | None, band: tuple[dt.date, dt.date] | None, now: dt.datetime) -> bool | None:
    """Whether it came within the days told.

    Judged only when these days are over and as many again have passed: else those that come early would be counted
    before those that come late. What never comes is no matter of days, and what nobody sees come is not known.
    """
    if arrived is None or band is None:
        return None
    early, late = band
    return early <= arrived.date() <= late if late + (late - early) < now.date() else None


def _ending(parcel: rows.Parcel, seen: dt.datetime | None) -> Ending | None:
    """Until when it was followed; None where nobody ever looked and its owner said nothing."""
    ended = parcel.ended if parcel.fate != Fate.OPEN else None
    if seen is None and parcel.fate not in (Fate.RECEIVED, Fate.LOST):
        return None
    until = min(filter(None, (seen, ended)), default=None) or parcel.changed
    return Ending(
        seen=until,
        received=ended if parcel.fate == Fate.RECEIVED else None,
        lost=parcel.fate == Fate.LOST,
        known=parcel.made,
    )


def _told() -> Iterable[tuple[int, tuple[dt.date, dt.date]]]:
    """The days that were told of each parcel first."""
    banded = rows.Answer.objects.filter(late__isnull=False)
    first = banded.order_by().values("parcel").annotate(first=Min("id")).values("first")
    for parcel, early, late in rows.Answer.objects.filter(pk__in=first).values_list("parcel", "early", "late"):
        yield parcel, (early, late)


def _seen() -> Iterable[tuple[int, dt.datetime]]:
    """When a system that knows such numbers last said anything of each parcel."""
    asked = rows.Report.objects.exclude(outcome__in=[*NO_LOOK, *mapping.FAILED])
    polled = rows.Poll.objects.exclude(outcome__in=NO_LOOK)
    found: dict[int, dt.datetime] = {}
    for query, field in ((asked, "asked_at"), (polled, "answered_at")):
        rest = query.filter(~Q(**{field: None})).order_by().values_list("parcel").annotate(at=Max(field))
        for parcel, at in rest:
            found[parcel] = max(found.get(parcel, at), at)
    return found.items()


def _reading(mentions: Iterable[Mention]) -> Reading | None:
    """The first number that can be followed."""
    best = (mention.readings[0] for mention in mentions if mention.readings)
    return next((reading for reading in best if reading.kind is Kind.TRACKING), None)
