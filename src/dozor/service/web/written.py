"""The letter about a parcel and the forms below it, as HTML.

They are written when somebody looks, or ahead of that (`ahead.py`), and kept on a shelf as long as nothing that they
are made of has changed and time has made no other words of them.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Hashable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

from django.forms import Form
from django.template.loader import render_to_string
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from dozor.carriers import systems
from dozor.disputes import classify
from dozor.i18n import has, money, say
from dozor.model import Answer, Dispute, Dossier, Text
from dozor.service.language import current
from dozor.service.parcels import learning, mapping
from dozor.service.parcels.models import ENDED, Parcel, Person, Poll
from dozor.service.parcels.people import zone_of
from dozor.service.parcels.summary import review_at
from dozor.service.web import forms, kept, overview
from dozor.service.web.letter import Spoken, letter, shown, spoken
from dozor.service.web.spoken import told

DAY = dt.timedelta(days=1)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Parts(NamedTuple):
    """The letter, the forms below it (both HTML), and the page's title."""

    letter: SafeString
    rest: SafeString
    about: str


class Seen(NamedTuple):
    """What one look at the rows tells of a parcel: whether its letter is still the one on the shelf."""

    polls: Sequence[Poll]
    pk: int
    ref: str
    title: str
    fate: str
    ended: dt.datetime | None
    changed: dt.datetime
    revision: str
    order_revision: str
    mute: int | None


COLUMNS = ("pk", "ref", "title", "fate", "ended", "changed", "revision", "order__revision", "mute")
POLL = ("pk", "carrier", "number", "next_at", "why", "asked_at", "answered_at", "outcome", "said")


def seen(person: Person, **one: Any) -> Seen | None:
    """The one parcel of a person's that the filter lets through (by ref or pk), or None. One query."""
    polls = [f"polls__{name}" for name in POLL]
    rows = list(Parcel.objects.of(person).filter(**one).order_by().values_list(*polls, *COLUMNS))
    if not rows:
        return None
    asked = [Poll(**dict(zip(POLL, row, strict=False))) for row in rows if row[0] is not None]
    return Seen(sorted(asked, key=lambda poll: poll.pk), *rows[0][len(POLL) :])


@cache
def shelf() -> kept.Shelf:
    """The letters of this process."""
    return kept.Shelf(shown().kept)


def parts(known: Seen, person: Person, lang: str, now: dt.datetime) -> Parts:
    """As they are on the shelf, else written now. `lang` is the language of the request."""
    letter, rest, about = shelf().get((known.pk, lang), made_of(known, person), now, lambda: _kept(known, person, now))
    return Parts(SafeString(letter), SafeString(rest), about)


def made_of(known: Seen, person: Person) -> Hashable:
    """All that the letter is made of. Each thought about a parcel has its revision, and so has each writing of its
    order, which may be another parcel's, too; an ask that brought nothing new still makes what was said before as
    fresh as itself; and more may have been learnt.
    """
    asked = tuple((poll.pk, poll.answered_at, poll.said) for poll in known.polls)
    own = known.revision, known.order_revision, known.title, known.fate, known.mute
    return own, asked, learning.latest(), person.zone


def written(
    parcel: Parcel, person: Person, now: dt.datetime, forms_given: Mapping[str, Form]
) -> tuple[dt.datetime, Parts]:
    """The parts, and until when they are true."""
    lang, ended = current(), parcel.fate in ENDED
    dossier = mapping.read_dossier(parcel)
    found = learning.answered(dossier, now, person)
    about = _about(parcel, lang)
    context: dict[str, Any] = {
        "csrf_token": kept.TOKEN,
        "parcel": parcel,
        "letter": letter(found, lang, person.zone, picture=not ended),
        "about": about,
        "named": overview.title(parcel, lang),
        "ended": ended,
        "buttons": "" if ended else "web/_parcel_buttons.html",
        "said_form": _said_form(lang),
        "dispute": dossier.dispute,
        "dispute_form": _dispute_form(*_standing(dossier.dispute, now), lang),
        "messages_said": _said(dossier, now, person),
        "pins": _pins(parcel),
        **forms_given,
    }
    letter_html, rest = (render_to_string(f"web/{name}.html", context) for name in ("_letter", "_parcel_rest"))
    return true_until(found, now, zone_of(person)), Parts(letter_html, rest, about)


def day(at: dt.datetime, now: dt.datetime, person: Person) -> Spoken:
    """An instant as the person says it."""
    return spoken(at, now, current(), zone_of(person))


def true_until(found: Answer, now: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """When time alone makes another letter of it: a day begins, here or in the reader's zone, a whole day of silence is
    over, a limit passes or comes near; and at the latest when its figures have drifted for long enough.
    """
    width = dt.timedelta(minutes=shown().kept_minutes)
    there = now.astimezone(zone)
    instants = [
        now + width - (now - EPOCH) % width,
        *(dt.datetime.combine(at.date() + DAY, dt.time(), at.tzinfo) for at in (there, now.astimezone(dt.UTC))),
        review_at(found),
        *(stop.latest_safe for stop in found.clock.backstops if stop.latest_safe),
        *(step.not_after - DAY * shown().urgent_days for step in found.advice.steps if step.not_after),
    ]
    waits = [found.journey.silence_days, found.outlook.elapsed if found.outlook is not None else None]
    # A wait is told to seconds: a whole day may be over that much sooner or later.
    for waited in (each for each in waits if each is not None):
        instants += [now + DAY * (math.floor(waited) + 1 - waited + off) for off in (-0.0001, 0.0, 0.0001)]
    return min(at for at in instants if at > now)


def _kept(known: Seen, person: Person, now: dt.datetime) -> tuple[dt.datetime, Parts]:
    rows = Parcel.objects.select_related("order", "mute").prefetch_related("numbers", "order__lines")
    return written(rows.get(pk=known.pk), person, now, {})


def _about(parcel: Parcel, lang: str) -> str:
    order, price = parcel.order, mapping.price(parcel.order.price_minor, parcel.order.price_currency)
    number = told("web.order_no", number=order.number) if order.number else ""
    return " · ".join(filter(None, (overview.title(parcel, lang), number, money(price) if price else "")))


def _standing(known: Dispute | None, now: dt.datetime) -> tuple[str, dt.date | None]:
    return (known.state.value, known.opened) if known else ("waiting_seller", now.date())


def _form(form: Form) -> SafeString:
    return render_to_string("web/_form.html", {"form": form, "two": isinstance(form, forms.DisputeForm)})


@lru_cache(maxsize=8)
def _said_form(lang: str) -> SafeString:
    """The empty form in the language of the request."""
    return _form(forms.Said())


@lru_cache(maxsize=256)
def _dispute_form(state: str, opened: dt.date | None, lang: str) -> SafeString:
    """The form as the dispute stands, in the language of the request."""
    return _form(forms.DisputeForm(initial={"state": state, "opened": opened}))


def _said(dossier: Dossier, now: dt.datetime, person: Person) -> list[dict[str, Any]]:
    """What was said, the newest first; of a seller's words, what they mean."""
    return [
        {
            "by": told(f"web.by.{message.by}") if has(f"web.by.{message.by}") else message.by,
            "at": day(message.at, now, person) if message.at else None,
            "text": message.text,
            "means": say(classify(message.text).why, current()) if message.by == "seller" else "",
        }
        for message in reversed(dossier.messages)
    ]


def _pins(parcel: Parcel) -> list[dict[str, Any]]:
    return [
        {"number": row.number, "options": _systems(row.pinned, current())} for row in parcel.numbers.all() if row.number
    ]


@lru_cache(maxsize=256)
def _systems(pinned: str, lang: str) -> SafeString:
    """The choice of whom to ask."""
    known = sorted(((id, system.name) for id, system in systems().items()), key=lambda pair: pair[1].casefold())
    rows = [("", say(Text("web.carrier.auto"), lang)), *known]
    chosen = SafeString(" selected")
    return format_html_join(
        "", '<option value="{}"{}>{}</option>', ((id, chosen if id == pinned else "", name) for id, name in rows)
    )
