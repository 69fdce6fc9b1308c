"""What people and watchers do with parcels. Faces call these; none of them writes a row of its own.

Every lookup goes through the person (`parcel_of`), every change is one transaction that ends in a fresh answer, and
doing a thing twice is doing it once. `now` is a parameter.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from django.conf import settings
from django.db import connection, transaction
from msgspec.structs import replace

from dozor.answer import read_numbers
from dozor.carriers import systems
from dozor.intake import settle
from dozor.model import Answer, Dispute, Dossier, Event, Kind, Message, Order, Report
from dozor.service.parcels import asking, learning, mapping, secrets, summary
from dozor.service.parcels import models as rows
from dozor.service.parcels.models import ENDED, Fate, Parcel, Person

log = logging.getLogger("dozor.parcels")


class Recorded(msgspec.Struct, frozen=True):
    """What came of reports: how many events were new, which parts of the answer changed, and the answer now."""

    new_events: int
    changed: tuple[str, ...]
    answer: Answer


KEPT = """
    SELECT parcel.id FROM parcels_number AS number JOIN parcels_parcel AS parcel ON parcel.id = number.parcel_id
    WHERE number.number = %s AND parcel.owner_id = %s AND parcel.fate = %s AND number.given = %s
"""

# --- look up ---------------------------------------------------------------------------------------------


def parcel_of(person: Person, ref: str) -> Parcel:
    """A person's own parcel. Raises Parcel.DoesNotExist for any other, as for one that is not there."""
    found: Parcel = Parcel.objects.of(person).select_related("order", "owner").get(ref=ref)
    return found


def order_of(person: Person, ref: str) -> rows.Order:
    """A person's own order. Raises Order.DoesNotExist for any other, as for one that is not there."""
    found: rows.Order = rows.Order.objects.of(person).get(ref=ref)
    return found


def kept_already(person: Person, found: Answer) -> Parcel | None:
    """The open parcel that an answer speaks of, by its tracking numbers; None where none is kept."""
    best = [mention.readings[0] for mention in found.mentions if mention.readings]
    numbers = [reading.normal for reading in best if reading.kind is Kind.TRACKING]
    # Asked of every text that is pasted, and few are kept: building the query anew would take longer than the answer.
    with connection.cursor() as cursor:
        for number in numbers:
            cursor.execute(KEPT, [mapping.storable(number), person.pk, Fate.OPEN.value, True])
            if known := min(cursor.fetchall(), default=None):
                return Parcel.objects.select_related("order").filter(pk=known[0]).first()
    return None


def current_answer(parcel: Parcel, now: dt.datetime) -> Answer:
    """The answer to what is known, at `now`. Writes nothing."""
    return learning.answered(mapping.read_dossier(parcel), now, parcel.owner)


# --- put in ----------------------------------------------------------------------------------------------


def add_dossier(
    person: Person,
    dossier: Dossier,
    now: dt.datetime,
    *,
    title: str = "",
    demo: bool = False,
    watch: bool = True,
    ended: Fate | None = None,
) -> Parcel:
    """Keeps a purchase, its reports too, and watches it from now on. Raises TooLongError for absurd values.

    The same order and numbers put in again are the same parcel: it is brought up to date, not doubled. One that has
    ended is another parcel, since numbers come again, unless what is put in has ended so itself (`ended`).
    """
    dossier = _numbered(settle(with_person(dossier, person), now))
    with transaction.atomic():
        # One after the other: of two that put in the same at once, the second finds what the first has put in.
        Person.objects.select_for_update(no_key=True).get(pk=person.pk)
        parcel = _same(person, dossier, demo=demo, fates=(Fate.OPEN,) if ended is None else (Fate.OPEN, ended))
        if parcel is None:
            order = mapping.write_order(rows.Order(owner=person), dossier.order)
            parcel = Parcel(owner=person, order=order, title=mapping.storable(title)[:256], made=now, demo=demo)
        else:
            _lock(parcel)
            before = mapping.read_dossier(parcel)
            dossier = _merged(before, dossier)
            _write_order(parcel, before.order, dossier.order, now)
        _write(parcel, dossier, now)
        for report in dossier.reports:
            mapping.write_report(parcel, report, now)
        asking.follow_aliases(parcel, dossier.reports, now, with_keys=keys_of(person))
        if watch and parcel.fate not in ENDED:
            asking.plan_polls(parcel, mapping.read_dossier(parcel), now, with_keys=keys_of(person))
        refresh(parcel, now)
    return parcel


def record_reports(parcel: Parcel, reports: Sequence[Report], now: dt.datetime) -> Recorded:
    """Keeps what systems said. The same again changes nothing; a number that a system names is watched, too."""
    with transaction.atomic():
        _lock(parcel)
        news, new_events = False, 0
        for report in reports:
            said_more, events = mapping.write_report(parcel, report, now)
            news, new_events = news or said_more or events > 0, new_events + events
        if news:
            asking.follow_aliases(parcel, reports, now, with_keys=keys_of(parcel.owner))
        found, changed = refresh(parcel, now)
    return Recorded(new_events, tuple(changed), found)


def review(parcel: Parcel, now: dt.datetime) -> Answer | None:
    """Thinks a parcel over that nobody said anything of, unless it was taken away meanwhile."""
    with transaction.atomic():
        try:
            _lock(parcel)
        except Parcel.DoesNotExist:
            return None
        return refresh(parcel, now)[0]


def refresh(parcel: Parcel, now: dt.datetime) -> tuple[Answer, list[str]]:
    """Thinks again: the summary beside the parcel, its reminders, and a row of the answer where it is another one."""
    found = current_answer(parcel, now)
    with transaction.atomic():
        latest = parcel.answers.first()
        changed: list[str] = []
        if latest is None or latest.said != summary.said(found):
            changed = summary.changes(mapping.answer_struct(latest) if latest else None, found)
            rows.Answer.objects.create(
                parcel=parcel,
                at=now,
                said=summary.said(found),
                body=mapping.answer_body(found),
                change=changed,
                **summary.band(found),
                told_at=now if latest is None else None,  # whoever adds a parcel reads its first answer there
            )
        columns = summary.columns(found)
        if parcel.fate in ENDED:
            columns |= {"attention": 0, "review_at": None, "decide_by": None}
        columns["revision"] = rows.new_ref()
        for name, value in columns.items():
            setattr(parcel, name, value)
        parcel.save(update_fields=list(columns))
        _money(parcel, found)
        _remind(parcel, found)
    return found, changed


# --- tell, correct ---------------------------------------------------------------------------------------


def mark(parcel: Parcel, fate: Fate, now: dt.datetime) -> Answer:
    """The buyer says how it ended, or that it has not: received, lost, not mine, archived, open again."""
    with transaction.atomic():
        _lock(parcel)
        parcel.fate, parcel.ended = fate, (now if fate in ENDED else None)
        parcel.changed = now
        parcel.save(update_fields=["fate", "ended", "changed"])
        if fate in (Fate.RECEIVED, Fate.OPEN):
            received = True if fate == Fate.RECEIVED else None
            rows.Order.objects.filter(pk=parcel.order_id).update(received=received, revision=rows.new_ref())
            if parcel.order.received != received:
                _wake_siblings(parcel, now)
            parcel.order.received = received
        if fate in ENDED:
            asking.stop(parcel, fate.value)
        else:
            asking.plan_polls(parcel, mapping.read_dossier(parcel), now, with_keys=keys_of(parcel.owner))
            asking.wake(parcel, now)
        return refresh(parcel, now)[0]


def mark_received(parcel: Parcel, now: dt.datetime) -> Answer:
    """The goods are in the buyer's hands."""
    return mark(parcel, Fate.RECEIVED, now)


def mark_lost(parcel: Parcel, now: dt.datetime) -> Answer:
    """The buyer gives it up."""
    return mark(parcel, Fate.LOST, now)


def mark_not_mine(parcel: Parcel, now: dt.datetime) -> Answer:
    """What was found under the number is somebody else's parcel."""
    return mark(parcel, Fate.NOT_MINE, now)


def reopen(parcel: Parcel, now: dt.datetime) -> Answer:
    """It has not ended after all."""
    return mark(parcel, Fate.OPEN, now)


def correct_order(parcel: Parcel, now: dt.datetime, **facts: Any) -> Answer:
    """Facts of the purchase as they really are, by the names of `dozor.model.Order`; None takes a fact back."""
    return _changed(parcel, now, lambda before: {"order": replace(before.order, **facts)})


def correct_purchase(order: rows.Order, now: dt.datetime, **facts: Any) -> None:
    """Facts of an order as they really are; all its open parcels are thought over at once. Raises Parcel.DoesNotExist
    where it has none any more.
    """
    every = Parcel.objects.filter(order=order).select_related("order", "owner").order_by("id")
    first = every.filter(fate=Fate.OPEN).first() or every.first()
    if first is None:
        raise Parcel.DoesNotExist
    correct_order(first, now, **facts)
    # One after the other, each in a transaction of its own: nobody holds two parcels, so nobody waits in a ring.
    for other in every.filter(fate=Fate.OPEN).exclude(pk=first.pk):
        review(other, now)


def correct(parcel: Parcel, now: dt.datetime, *, order: Mapping[str, Any] | None = None, **facts: Any) -> Answer:
    """Facts as they really are, by the names of `dozor.model.Dossier`: numbers, messages, events, dispute …; of the
    order those that are named.
    """
    return _changed(parcel, now, lambda before: {**facts, "order": replace(before.order, **(order or {}))})


def add_message(parcel: Parcel, message: Message, now: dt.datetime) -> Answer:
    """Something was said: by the seller, the buyer, the platform or a carrier."""
    said = replace(message, at=message.at or now)
    return _changed(parcel, now, lambda before: {"messages": (*before.messages, said)})


def add_event(parcel: Parcel, event: Event, now: dt.datetime) -> Answer:
    """The buyer read an event elsewhere."""
    return _changed(parcel, now, lambda before: {"events": (*before.events, event)})


def rename(parcel: Parcel, title: str) -> None:
    """What its owner calls it."""
    parcel.title = mapping.storable(title)[:256]
    parcel.save(update_fields=["title"])


def set_dispute(parcel: Parcel, dispute: Dispute | None, now: dt.datetime) -> Answer:
    """Where the dispute stands."""
    return correct(parcel, now, dispute=dispute)


def correct_dispute(parcel: Parcel, now: dt.datetime, **facts: Any) -> Answer:
    """What is known of the dispute, by the names of `dozor.model.Dispute`; the rest of it stays."""
    return _changed(parcel, now, lambda before: {"dispute": replace(before.dispute or Dispute(), **facts)})


def pin_carrier(parcel: Parcel, number: str, system: str, now: dt.datetime) -> Answer:
    """The buyer knows whom to ask about a number; an empty system takes that back. Raises Number.DoesNotExist."""
    with transaction.atomic():
        _lock(parcel)
        row = parcel.numbers.get(number=number)
        row.pinned = system
        row.save(update_fields=["pinned"])
        asking.plan_polls(parcel, mapping.read_dossier(parcel), now, with_keys=keys_of(parcel.owner))
        return refresh(parcel, now)[0]


# --- keys ------------------------------------------------------------------------------------------------


def keys_of(person: Person) -> dict[str, dict[str, str]]:
    """The keys a person may use, by system and name: those of the machine's owner, and over them the person's own.

    One that the key file does not open is as good as none: `dozor doctor` says so, and it can be entered anew.
    """
    own: dict[str, dict[str, str]] = {}
    for row in rows.Credential.objects.of(person):
        try:
            own[row.system] = msgspec.json.decode(secrets.unseal(row.sealed), type=dict[str, str])
        except secrets.SealError as error:
            log.warning("the key for %s: %s", row.system, error)
    return {**machine_keys(), **own}


def machine_keys() -> dict[str, dict[str, str]]:
    """The keys in the settings: DOZOR_KEY_<SYSTEM>_<NAME>."""
    found: dict[str, dict[str, str]] = {}
    for id in systems() if settings.CONFIG.system_keys else ():
        start = f"DOZOR_KEY_{id.upper().replace('-', '_')}_"
        for name, value in settings.CONFIG.system_keys.items():
            if name.startswith(start):
                found.setdefault(id, {})[name.removeprefix(start).lower()] = value
    return found


def set_key(person: Person, system: str, parts: Mapping[str, str], now: dt.datetime) -> None:
    """Keeps a person's key for a system, encrypted, and asks the system from now on; without parts it is taken away."""
    with transaction.atomic():
        rows.Credential.objects.of(person).filter(system=system).delete()
        if parts:
            sealed = secrets.seal(msgspec.json.encode(dict(parts)))
            rows.Credential.objects.create(owner=person, system=system, names=sorted(parts), sealed=sealed, made=now)
        asking.key_changed(person, system, now, with_keys=keys_of(person))


# --- take away -------------------------------------------------------------------------------------------


def delete_parcel(parcel: Parcel) -> None:
    """The parcel, all that was said of it, and its order where no other parcel is of it."""
    with transaction.atomic():
        order = parcel.order
        parcel.delete()
        left = set(order.parcels.values_list("fate", flat=True))
        if not left:
            order.delete()
        elif Fate.OPEN not in left:
            rows.Order.objects.filter(pk=order.pk).update(money="")
        drop_orphans()


def delete_everything(person: Person, *, account: bool = False) -> None:
    """Everything of a person's but language and zone; these and the account too where that is wanted.

    What was learnt from it is learnt anew.
    """
    with transaction.atomic():
        user = person.user
        # The person first, then the parcels, as whoever puts one in meanwhile takes them: neither waits for the other.
        Person.objects.select_for_update().filter(pk=person.pk).first()
        person.delete()
        drop_orphans()
        learning.forget()
        if account:
            user.delete()
        else:  # whoever stays is still spoken to in their language
            rows.Person.objects.create(user=user, lang=person.lang, zone=person.zone)
        transaction.on_commit(_nothing_left)


def _nothing_left() -> None:
    """The journal of SQLite still holds what the pages of the file no longer do: it is emptied."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # one who reads meanwhile leaves it to the next


def drop_orphans() -> int:
    """Snapshots that no report stands on any more; how many."""
    used = rows.Report.objects.exclude(snapshot=None).values("snapshot_id")
    count, _ = rows.Snapshot.objects.exclude(pk__in=used).delete()
    return int(count)


# --- within ----------------------------------------------------------------------------------------------


def with_person(dossier: Dossier, person: Person) -> Dossier:
    """The dossier with what its person always means: language, style, and the country things are sent to."""
    order = dossier.order
    if order.destination is None and person.country:
        order = replace(order, destination=person.country)
    style = person.style if dossier.style == Dossier().style else dossier.style
    return replace(dossier, order=order, lang=dossier.lang or person.lang, style=style)


def _numbered(dossier: Dossier) -> Dossier:
    """The tracking numbers of its text are its numbers as much as those given apart: look-ups go by them."""
    best = [(mention.raw, mention.readings[0]) for mention in read_numbers(dossier) if mention.readings]
    found = [each.normal for raw, each in best if each.kind is Kind.TRACKING and raw not in dossier.numbers]
    return replace(dossier, numbers=(*dossier.numbers, *found)) if found else dossier


def _changed(parcel: Parcel, now: dt.datetime, change: Callable[[Dossier], dict[str, Any]]) -> Answer:
    """The dossier with what `change` makes of it as it is by now: whoever corrects at the same time comes before or
    after, and nobody's correction is lost.
    """
    with transaction.atomic():
        _lock(parcel)
        before = mapping.read_dossier(parcel)
        after = settle(replace(before, **change(before), today=now.astimezone(dt.UTC).date()), now)
        _write_order(parcel, before.order, after.order, now)
        _write(parcel, after, now)
        asking.plan_polls(parcel, mapping.read_dossier(parcel), now, with_keys=keys_of(parcel.owner))
        return refresh(parcel, now)[0]


def _lock(parcel: Parcel) -> None:
    """Makes the rest of the transaction the only one that changes this parcel or its order, and the parcel what it is
    by now. Raises Parcel.DoesNotExist where it was taken away meanwhile.
    """
    # First the parcel, then the order: everybody takes them in this turn. No key: whoever writes a row that is about
    # the parcel, and holds one that we shall want, as the notifier does with reminders, need not wait for us.
    own = Parcel.objects.select_for_update(of=("self",), no_key=True).select_related("owner").get(pk=parcel.pk)
    own.order = rows.Order.objects.select_for_update(no_key=True).get(pk=own.order_id)
    parcel.__dict__.pop("_prefetched_objects_cache", None)
    parcel.__dict__.update(own.__dict__)


def _write_order(parcel: Parcel, before: Order, after: Order, now: dt.datetime) -> None:
    mapping.write_order(parcel.order, after)
    if after != before:
        _wake_siblings(parcel, now)


def _wake_siblings(parcel: Parcel, now: dt.datetime) -> None:
    """The watch thinks the other open parcels of the order over at once: what was written of it is their fact, too.

    We hold the order, and parcels come before orders, so we must not wait for a parcel. One that another holds right
    now is either to be thought over by whoever holds it, who waits for our order, or woken once we hold nothing.
    """
    others = Parcel.objects.filter(order_id=parcel.order_id, fate=Fate.OPEN).exclude(pk=parcel.pk)
    if not (wanted := set(others.values_list("pk", flat=True))):
        return
    free = set(others.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True))
    Parcel.objects.filter(pk__in=free).update(review_at=now)
    if busy := sorted(wanted - free):
        transaction.on_commit(lambda: _wake(busy, now), robust=True)


def _wake(parcels: Iterable[int], now: dt.datetime) -> None:
    for pk in parcels:  # a statement each: it holds one parcel at a time
        Parcel.objects.filter(pk=pk, fate=Fate.OPEN).update(review_at=now)


def _write(parcel: Parcel, dossier: Dossier, now: dt.datetime) -> None:
    for name, value in mapping.parcel_values(dossier).items():
        setattr(parcel, name, value)
    parcel.changed = now
    mapping.fits(parcel).save()
    mapping.write_told(parcel, dossier)


def _same(person: Person, dossier: Dossier, *, demo: bool, fates: Collection[Fate]) -> Parcel | None:
    """The parcel of such a fate that has one of these numbers (without any: this text) and is of this order, as far as
    orders are named; locked.
    """
    mine = _with(person, dossier.numbers, dossier.text, fates).filter(demo=demo)
    if dossier.order.number:
        mine = mine.filter(order__number__in=[dossier.order.number]) | mine.filter(order__number=None)
    mine = mine.select_for_update(of=("self",), no_key=True).select_related("order")
    found: Parcel | None = mine.order_by("id").first()
    return found


def _with(person: Person, numbers: Iterable[str], text: str, fates: Collection[Fate]) -> Any:
    """Parcels with one of the numbers; where there is none, those that were put in with the very same text."""
    mine = Parcel.objects.of(person).filter(fate__in=fates)
    if known := [mapping.storable(number) for number in numbers]:
        return mine.filter(numbers__number__in=known, numbers__given=True)
    words = mapping.storable(text)
    return mine.filter(text=words).exclude(numbers__given=True) if words else mine.none()


def _merged(old: Dossier, new: Dossier) -> Dossier:
    """Both: what is said now wins, what it leaves open stays."""
    facts = {
        name: getattr(new.order, name) if getattr(new.order, name) not in (None, ()) else getattr(old.order, name)
        for name in Order.__struct_fields__
    }
    return replace(
        new,
        id=old.id,
        text=new.text or old.text,
        numbers=_both(old.numbers, new.numbers),
        order=Order(**facts),
        events=_both(old.events, new.events),
        messages=_both(old.messages, new.messages),
        dispute=new.dispute or old.dispute,
        order_suffixes=_both(old.order_suffixes, new.order_suffixes),
    )


def _both(old: Iterable[Any], new: Iterable[Any]) -> tuple[Any, ...]:
    found = list(old)
    return (*found, *(each for each in new if each not in found))


def _money(parcel: Parcel, found: Answer) -> None:
    """Where the money of its order is, beside the order, as long as a parcel of it is open."""
    if parcel.fate in ENDED or parcel.order.received:
        state = ""
        if parcel.order.parcels.filter(fate=Fate.OPEN).exclude(pk=parcel.pk).exists():
            return  # the other parcel's answer says it
    else:
        state = found.clock.money.value
    if parcel.order.money != state:
        parcel.order.money = state
        parcel.order.save(update_fields=["money"])


def _remind(parcel: Parcel, found: Answer) -> None:
    """The reminders of the answer, each of the step whose date it is, in place of those ahead; past ones stay."""
    wanted: dict[dt.datetime, str] = {}
    for step in found.advice.steps if parcel.fate not in ENDED else ():
        for at in step.reminders:
            if at > found.now:
                wanted.setdefault(at, step.id.value)  # of two steps of one instant the first is the one to take
    ahead = {(row.at, row.step): row for row in parcel.reminders.filter(at__gt=found.now)}
    gone = [row.pk for key, row in ahead.items() if key not in wanted.items()]
    if gone:
        parcel.reminders.filter(pk__in=gone).delete()
    if parcel.fate in ENDED:
        parcel.reminders.filter(done_at=None).update(done_at=found.now)
    rows.Reminder.objects.bulk_create(
        [rows.Reminder(parcel=parcel, at=at, step=step) for at, step in wanted.items() if (at, step) not in ahead],
        ignore_conflicts=True,
    )
