"""The calendar: an entry for each date that costs money or goods, the same entry however often it is fetched.

Instants stand in UTC, which every calendar shows in its reader's zone. An entry of a limit ends with the limit.
Nothing in it depends on the hour of the fetch, so an unchanged calendar is the same bytes. SEQUENCE counts answers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import msgspec
from django.db import transaction
from django.db.models import F
from icalendar import Alarm, Calendar
from icalendar import Event as Entry

from dozor import __version__
from dozor.i18n import has, say
from dozor.model import Answer, Step, Text
from dozor.service.notify.compose import dated, one_line
from dozor.service.notify.outbox import link_of, name_of
from dozor.service.notify.tables import feed, news
from dozor.service.parcels import actions, summary
from dozor.service.parcels.faults import Faults
from dozor.service.parcels.models import Fate, Parcel, Person, Work

HOUR = dt.timedelta(hours=1)


def calendar(person: Person, now: dt.datetime) -> bytes:
    """The calendar of a person's open parcels, as iCalendar."""
    lang = person.lang
    found = Calendar()
    found.add("prodid", f"-//Dozor//{__version__}//{lang.upper()}")
    found.add("version", "2.0")
    found.add("method", "PUBLISH")
    for name in ("name", "x-wr-calname"):
        found.add(name, say(Text("notify.calendar.name"), lang))
    every = dt.timedelta(hours=feed().fetch_hours)
    found.add("refresh-interval", every, parameters={"VALUE": "DURATION"})
    found.add("x-published-ttl", f"PT{feed().fetch_hours}H")
    parcels = Parcel.objects.of(person).filter(fate=Fate.OPEN).select_related("order", "owner")
    faults = Faults(Work.CALENDAR, now)
    for parcel in parcels.order_by(F("decide_by").asc(nulls_last=True), "id")[: feed().most]:
        try:
            with transaction.atomic():
                made = list(entries(parcel, now))
        except Exception as error:
            faults.broke(parcel, error)  # the dates of the others are worth their calendar
            continue
        faults.went_well(parcel)
        for entry in made:
            found.add_component(entry)
    return bytes(found.to_ical())


def entries(parcel: Parcel, now: dt.datetime) -> Iterator[Entry]:
    """The entries of a parcel: the day to decide by with the ladder's alarms, limits, reminders still to come."""
    made = _Made(parcel, actions.current_answer(parcel, now), now)
    step = dated(made.answer)
    by = step.not_after if step else None
    reminders = list(parcel.reminders.filter(at__gt=now, done_at=None))
    if by is not None:
        entry = made.limit("decide_by", by, made.say("notify.calendar.decide", step=made.title(step)))
        for reminder in reminders:
            if step is not None and reminder.step == step.id.value and reminder.at < by:
                entry.add_component(made.alarm(reminder.at - by))
        yield entry
    for id in feed().limits:
        limit = made.answer.clock.limit(id)
        if limit is not None and limit.at is not None and limit.at > now:
            words = made.say(f"limit.{id}") if has(f"limit.{id}") else id
            entry = made.limit(id, limit.at, words[:1].upper() + words[1:])
            for hours in feed().alarm_hours:
                entry.add_component(made.alarm(-HOUR * hours))
            yield entry
    for reminder in reminders:
        of = dated(made.answer, reminder.step)
        words = made.say("notify.calendar.reminder", step=made.title(of))
        entry = made.entry(f"reminder-{reminder.at:%Y%m%dT%H%M%S}", words, of)
        entry.add("dtstart", reminder.at.astimezone(dt.UTC))
        entry.add("duration", dt.timedelta(minutes=feed().minutes))
        yield entry


class _Made:
    """What the entries of one parcel share."""

    def __init__(self, parcel: Parcel, answer: Answer, now: dt.datetime) -> None:
        self.parcel, self.answer, self.now = parcel, answer, now
        self.lang = parcel.owner.lang
        self.name = one_line(name_of(parcel, self.lang), news().name)
        latest = parcel.answers.first()
        self.changed = (latest.at if latest else parcel.made).astimezone(dt.UTC).replace(microsecond=0)
        # The verdict as it was written, not as it is this minute: its estimate moves a little with each hour.
        self.said = say(msgspec.convert(parcel.headline, Text), self.lang) if parcel.headline else ""
        self.sequence = max(parcel.answers.count() - 1, 0)

    def say(self, id: str, **args: object) -> str:
        return say(Text(id, dict(args)), self.lang)

    def title(self, step: Step | None) -> str:
        return self.say(f"step.{step.id.value}") if step else ""

    def entry(self, id: str, words: str, step: Step | None = None) -> Entry:
        found = Entry()
        found.add("uid", f"{self.parcel.ref}.{id}@dozor")
        found.add("dtstamp", self.changed)
        found.add("last-modified", self.changed)
        found.add("sequence", self.sequence)
        found.add("summary", one_line(f"{self.name}: {words}", news().subject))
        step = step or dated(self.answer) or summary.first_step(self.answer)
        why = say(step.why, self.lang) if step else ""
        lines = [self.said, why, link_of(self.parcel)]
        found.add("description", "\n".join(one_line(line, news().body) for line in lines if line))
        if link_of(self.parcel):
            found.add("url", link_of(self.parcel))
        found.add("transp", "TRANSPARENT")
        found.add("class", "PRIVATE")
        return found

    def limit(self, id: str, at: dt.datetime, words: str) -> Entry:
        found = self.entry(id, words)
        found.add("dtstart", (at - dt.timedelta(minutes=feed().minutes)).astimezone(dt.UTC))
        found.add("dtend", at.astimezone(dt.UTC))
        return found

    def alarm(self, before_end: dt.timedelta) -> Alarm:
        found = Alarm()
        found.add("action", "DISPLAY")
        found.add("description", self.name)
        found.add("trigger", before_end, parameters={"RELATED": "END"})
        return found
