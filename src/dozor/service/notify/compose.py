"""A message is an answer in two lines: what happened, and what to do by when. Pure.

Names of parcels and words of carriers are other people's text: they lose whatever could end a line or a header.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from msgspec import Struct

from dozor.advice import binding
from dozor.i18n import day, say
from dozor.journey import in_a_sentence
from dozor.model import Answer, Step, Text
from dozor.service.notify.tables import news
from dozor.service.parcels import summary

# Controls, line and paragraph separators, and what turns the direction of writing.
UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")


class Message(Struct, frozen=True):
    """What goes out: a subject of one line, and a body."""

    subject: str
    body: str


class News(Struct, frozen=True):
    """One parcel's part of a message: its name, its answer, what changed in it, the address of its page."""

    name: str
    answer: Answer
    changed: tuple[str, ...] = ()
    reminder: bool = False
    link: str = ""
    step: str = ""  # of a reminder: the id of the step whose date it is


def dated(answer: Answer, id: str = "") -> Step | None:
    """The step of that id, where the answer still gives it; else the one whose end costs money or goods, the earliest
    of those still ahead.
    """
    steps = answer.advice.steps
    named = next((step for step in steps if step.id.value == id), None)
    if named is not None:
        return named
    ahead = [(step.not_after, place, step) for place, step in enumerate(steps) if binding(step.id)]
    found = [(at, place, step) for at, place, step in ahead if at is not None and at > answer.now]
    return min(found)[2] if found else None


def last_safe(answer: Answer, id: str = "") -> dt.datetime | None:
    """Until when that step can be taken."""
    step = dated(answer, id)
    return step.not_after if step else None


def one_line(text: str, longest: int) -> str:
    """Without anything that could begin another line, at most so many characters."""
    flat = " ".join(UNSAFE.sub(" ", text).split())
    return flat if len(flat) <= longest else flat[: longest - 1].rstrip() + "…"


def compose(items: Sequence[News], now: dt.datetime, lang: str, zone: ZoneInfo) -> Message:
    """One message of one or more parcels' news, in a language, its days as they fall in the zone."""
    rows, told = news(), _Told(now, lang, zone)
    if len(items) == 1:
        item = items[0]
        id = "notify.subject.reminder" if item.reminder else "notify.subject.news"
        args = {"name": one_line(item.name, rows.name), "step": told.title(told.step(item))}
        return Message(one_line(told.say(id, **args), rows.subject), _cut(told.lines(item), rows.body))
    parts = [f"{one_line(item.name, rows.name)}\n{told.lines(item)}" for item in items]
    subject = told.say("notify.subject.many", parcels=len(items))
    return Message(one_line(subject, rows.subject), _cut("\n\n".join(parts), rows.body))


def trial(lang: str) -> Message:
    """What the test button sends."""
    told = {id: say(Text(f"notify.trial.{id}"), lang) for id in ("subject", "body")}
    return Message(told["subject"], told["body"])


class _Told(Struct, frozen=True):
    """Who is told, and when."""

    now: dt.datetime
    lang: str
    zone: ZoneInfo

    def say(self, id: str, **args: object) -> str:
        return say(Text(id, dict(args)), self.lang)

    def step(self, item: News) -> Step | None:
        """What there is to do; a reminder speaks of what it reminds of."""
        return (dated(item.answer, item.step) if item.reminder else None) or summary.first_step(item.answer)

    def title(self, step: Step | None) -> str:
        said = self.say(f"step.{step.id.value}") if step else self.say("notify.nothing")
        return said[:1].lower() + said[1:]

    def lines(self, item: News) -> str:
        happened = self.what_happened(item)
        lines = [happened, self.what_to_do(item), item.link]
        return "\n".join(one_line(line, news().body) for line in lines if line)

    def what_happened(self, item: News) -> str:
        way = self.sentence(item.answer) if set(item.changed) & set(news().way) else ""
        return way or say(item.answer.headline, self.lang)

    def sentence(self, answer: Answer) -> str:
        clauses: Iterable[Text] = in_a_sentence(answer.journey, self.now)
        said = self.say("journey.comma").join(say(clause, self.lang) for clause in clauses)
        return said[:1].upper() + said[1:] + self.say("journey.full_stop") if said else ""

    def what_to_do(self, item: News) -> str:
        step = self.step(item)
        title, own = self.title(step), step.not_after if step is not None else None
        until = own or last_safe(item.answer)
        if until is None:
            return self.say("notify.do", step=title)
        there, here = until.astimezone(self.zone), self.now.astimezone(self.zone)
        left = (there.date() - here.date()).days
        shown = day(there.date(), self.lang, year=there.year != here.year)
        args = {"step": title, "day": shown, "left": left, "time": f"{there:%H:%M}"}
        if until <= self.now:
            return self.say("notify.do.late", **args)
        if left == 0:
            return self.say("notify.do.today", **args)
        return self.say("notify.do.by" if own is not None else "notify.do.then", **args)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
