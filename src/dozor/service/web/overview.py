"""The list of a person's parcels: counts and rows, from the summaries beside the parcels. Computes no answer."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from zoneinfo import ZoneInfo

import msgspec
from django.core.paginator import Paginator
from django.db.models import Count, Exists, OuterRef, Q, Sum
from msgspec import Struct

from dozor import knowledge
from dozor.i18n import has, money, say
from dozor.model import Money, Text
from dozor.service.parcels import models as rows
from dozor.service.parcels.models import ENDED, Fate, Parcel, Person
from dozor.service.web.letter import Spoken, shown, spoken


class Silent(Struct, frozen=True, forbid_unknown_fields=True):
    """Causes of silence."""

    causes: tuple[str, ...]


class Listing(Struct, frozen=True, forbid_unknown_fields=True):
    """The table."""

    source: str
    page: int
    finished: int
    steps: dict[str, tuple[str, ...]]
    silent: Silent
    signs: dict[str, str]

    def mark(self, parcel: Parcel) -> str:
        """The id of a parcel's mark."""
        if parcel.fate in ENDED:
            return "over"
        named = next((mark for mark, steps in self.steps.items() if parcel.step in steps), None)
        return named or ("silent" if parcel.cause in self.silent.causes else "way")


@cache
def listing() -> Listing:
    """list.toml."""
    return knowledge.document("service/web", "list.toml", Listing)


@dataclass(frozen=True)
class Row:
    """One parcel of the list."""

    ref: str
    title: str
    mark: str
    sign: str
    word: str
    sentence: str
    step: str
    until: Spoken | None
    urgent: bool
    price: str
    demo: bool
    over: bool


@dataclass(frozen=True)
class Counts:
    """How many open parcels need the person, are under way, are silent, wait at the office; what they cost together."""

    need: int
    way: int
    silent: int
    office: int
    open: int
    over: int
    money: tuple[str, ...]


def counts(person: Person) -> Counts:
    """One query over the summaries, one over the orders."""
    table = listing()
    is_open = Q(fate=Fate.OPEN)
    named = {mark: Q(step__in=steps) & is_open for mark, steps in table.steps.items()}
    quiet = is_open & ~Q(step__in=[step for steps in table.steps.values() for step in steps])
    found = (
        Parcel.objects.of(person)
        .order_by()
        .aggregate(
            all=Count("id"),
            open=Count("id", filter=is_open),
            need=Count("id", filter=named["red"] | named["amber"]),
            office=Count("id", filter=named["moss"]),
            silent=Count("id", filter=quiet & Q(cause__in=table.silent.causes)),
        )
    )
    way = found["open"] - found["need"] - found["office"] - found["silent"]
    return Counts(
        found["need"],
        way,
        found["silent"],
        found["office"],
        found["open"],
        found["all"] - found["open"],
        _money(person),
    )


def _money(person: Person) -> tuple[str, ...]:
    """What the orders of open parcels cost, a sum a currency, the largest sum first."""
    # By the order alone: with the owner, too, SQLite would walk all of the person's parcels for each order.
    waiting = Exists(Parcel.objects.filter(order=OuterRef("pk"), fate=Fate.OPEN))
    sums = (
        rows.Order.objects.of(person)
        .filter(waiting, price_minor__isnull=False, price_currency__isnull=False)
        .exclude(received=True)
        .order_by()
        .values_list("price_currency")
        .annotate(sum=Sum("price_minor"))
    )
    return tuple(money(Money(minor, currency)) for currency, minor in sorted(sums, key=lambda row: -row[1]))


def pages(person: Person, *, over: bool, count: int) -> Paginator:
    """The person's open parcels, what needs them first; or those that have ended, the latest first."""
    mine = Parcel.objects.of(person).select_related("order").prefetch_related("numbers", "order__lines")
    ordered = (
        mine.exclude(fate=Fate.OPEN).order_by("-ended", "-id")
        if over
        else mine.filter(fate=Fate.OPEN).order_by("-attention", "decide_by", "-id")
    )
    made = Paginator(ordered, listing().page)
    made.count = count  # counted already
    return made


def row(parcel: Parcel, now: dt.datetime, lang: str, zone: str) -> Row:
    """A parcel as a sentence."""
    table, over = listing(), parcel.fate in ENDED
    mark = table.mark(parcel)
    until = None if over or parcel.decide_by is None else spoken(parcel.decide_by, now, lang, ZoneInfo(zone))
    near = parcel.decide_by is not None and parcel.decide_by - now <= dt.timedelta(days=shown().urgent_days)
    price = parcel.order.price_minor, parcel.order.price_currency
    return Row(
        ref=parcel.ref,
        title=title(parcel, lang),
        mark=mark if mark in ("red", "amber", "moss", "over") else "",
        sign=table.signs[mark],
        word=say(Text(f"web.mark.{mark}"), lang),
        sentence=_sentence(parcel, now, lang, zone),
        step="" if over or not has(f"step.{parcel.step}", "en") else _ended(f"step.{parcel.step}", lang),
        until=until,
        urgent=near or parcel.step in shown().red_steps,
        price=money(Money(price[0], price[1])) if price[0] is not None and price[1] else "",
        demo=parcel.demo,
        over=over,
    )


def title(parcel: Parcel, lang: str) -> str:
    """What a parcel is called: by its owner, by the thing ordered, by its number, by its order."""
    lines = [line.title for line in parcel.order.lines.all() if line.title]
    numbers = [each.number for each in parcel.numbers.all()]
    named = parcel.title or ", ".join(lines) or (numbers[0] if numbers else "") or parcel.order.number
    return named or " ".join(parcel.text.split())[:60] or say(Text("web.parcel"), lang)


def _ended(id: str, lang: str) -> str:
    return say(Text(id), lang) + say(Text("journey.full_stop"), lang)


def _sentence(parcel: Parcel, now: dt.datetime, lang: str, zone: str) -> str:
    if parcel.fate in ENDED:
        ended = spoken(parcel.ended or parcel.changed, now, lang, ZoneInfo(zone)).text
        return say(Text(f"web.fate.{parcel.fate}.on", {"on": ended}), lang)
    told = say(msgspec.convert(parcel.headline, Text), lang) if parcel.headline.get("id") else ""
    if parcel.last_movement is None or parcel.last_movement > now:
        return told
    days = (now - parcel.last_movement).days
    return f"{told} {say(Text('web.days_silent', {'days': days}), lang)}" if days else told
