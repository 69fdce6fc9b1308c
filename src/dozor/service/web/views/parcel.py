"""One parcel: the letter about it, and what its owner can say, correct and decide.

A parcel that is not the person's own is as absent as one that never was.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dozor.carriers import systems
from dozor.disputes import classify
from dozor.i18n import has, money, say
from dozor.model import Dispute, Dossier, Message, Text
from dozor.service.language import current
from dozor.service.parcels import actions, learning, mapping
from dozor.service.parcels.mapping import TooLongError
from dozor.service.parcels.models import ENDED, Fate, Parcel, Person
from dozor.service.watch.plan import plan
from dozor.service.web import forms, overview
from dozor.service.web.letter import letter, spoken
from dozor.service.web.limits import limited
from dozor.service.web.spoken import told


@require_safe
@login_required
def show(request: HttpRequest, ref: str) -> HttpResponse:
    """The page."""
    return _page(request, _mine(request, ref))


@require_POST
@login_required
@limited("change")
def said(request: HttpRequest, ref: str) -> HttpResponse:
    """Somebody said something: it is kept, and what it means is told."""
    parcel, form = _mine(request, ref), forms.Said(request.POST)
    if not form.is_valid():
        return _page(request, parcel, said_form=form, status=422)
    text, by = form.cleaned_data["text"], form.cleaned_data["by"]
    actions.add_message(parcel, Message(text=text, by=by), timezone.now())
    meaning = say(classify(text).why, current()) if by == "seller" else ""
    messages.success(request, told("web.said.kept") if not meaning else told("web.said.means", meaning=meaning))
    return redirect("parcel", ref=ref)


@require_POST
@login_required
@limited("change")
def fate(request: HttpRequest, ref: str) -> HttpResponse:
    """Received, lost, not mine, or open again."""
    parcel, wanted = _mine(request, ref), request.POST.get("fate", "")
    if wanted not in (Fate.RECEIVED, Fate.LOST, Fate.NOT_MINE, Fate.OPEN):
        raise Http404
    actions.mark(parcel, Fate(wanted), timezone.now())
    messages.success(request, told(f"web.fate.{wanted}.done"))
    return redirect("parcel", ref=ref)


@require_POST
@login_required
@limited("change")
def dispute(request: HttpRequest, ref: str) -> HttpResponse:
    """Where the dispute stands."""
    parcel, form = _mine(request, ref), forms.DisputeForm(request.POST)
    if not form.is_valid():
        return _page(request, parcel, dispute_form=form, status=422)
    before = mapping.read_dossier(parcel).dispute
    actions.set_dispute(parcel, form.dispute(before), timezone.now())
    messages.success(request, told("web.dispute.kept"))
    return redirect("parcel", ref=ref)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@limited("change")
def facts(request: HttpRequest, ref: str) -> HttpResponse:
    """The purchase as it really is."""
    parcel, person = _mine(request, ref), _person(request)
    dossier = mapping.read_dossier(parcel)
    first = forms.Facts.of(parcel.title, dossier.numbers, dossier.order, person.zone)
    form = forms.Facts(request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            actions.correct(
                parcel, timezone.now(), order=form.order(dossier.order, person.zone), numbers=form.numbers_given()
            )
        except TooLongError as error:
            form.add_error(None, told("web.too_long", why=str(error)))
        else:
            actions.rename(parcel, form.cleaned_data["title"])
            messages.success(request, told("web.facts.kept"))
            return redirect("parcel", ref=ref)
    context = {"parcel": parcel, "title": overview.title(parcel, current()), "form": form}
    return render(request, "web/facts.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
@limited("change")
def carrier(request: HttpRequest, ref: str) -> HttpResponse:
    """Whom to ask about a number."""
    parcel, system = _mine(request, ref), request.POST.get("system", "")
    number = parcel.numbers.filter(number=request.POST.get("number", "")).first()
    if number is None or (system and system not in systems()):
        raise Http404
    actions.pin_carrier(parcel, number.number, system, timezone.now())
    messages.success(request, told("web.carrier.kept"))
    return redirect("parcel", ref=ref)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@limited("change")
def delete(request: HttpRequest, ref: str) -> HttpResponse:
    """Away with it, after one more question."""
    parcel = _mine(request, ref)
    if request.method == "POST":
        actions.delete_parcel(parcel)
        messages.success(request, told("web.deleted"))
        return redirect("parcels")
    return render(request, "web/delete.html", {"parcel": parcel, "title": overview.title(parcel, current())})


def _person(request: HttpRequest) -> Person:
    return request.person


def _mine(request: HttpRequest, ref: str) -> Parcel:
    try:
        return actions.parcel_of(_person(request), ref)
    except Parcel.DoesNotExist:
        raise Http404 from None


def _page(
    request: HttpRequest,
    parcel: Parcel,
    *,
    said_form: Form | None = None,
    dispute_form: Form | None = None,
    status: int = 200,
) -> HttpResponse:
    now, lang, person = timezone.now(), current(), _person(request)
    dossier = mapping.read_dossier(parcel)
    ended = parcel.fate in ENDED
    found = letter(learning.answered(dossier, now, person), lang, person.zone, picture=not ended)
    context: dict[str, Any] = {
        "parcel": parcel,
        "letter": found,
        "about": _about(parcel, lang),
        "ended": told(f"web.fate.{parcel.fate}.on", on=_day(parcel.ended or parcel.changed, now, person).text)
        if ended
        else "",
        "buttons": "" if ended else "web/_parcel_buttons.html",
        "said_form": said_form or forms.Said(),
        "dispute": dossier.dispute,
        "dispute_form": dispute_form or _dispute_form(dossier.dispute, now),
        "messages_said": _said(dossier, now, person),
        "plan": _plan(parcel, now, person),
        "pins": _pins(parcel),
        "wrong": status != 200,
    }
    return render(request, "web/parcel.html", context, status=status)


def _about(parcel: Parcel, lang: str) -> str:
    order, price = parcel.order, mapping.price(parcel.order.price_minor, parcel.order.price_currency)
    number = told("web.order_no", number=order.number) if order.number else ""
    return " · ".join(filter(None, (overview.title(parcel, lang), number, money(price) if price else "")))


def _day(at: dt.datetime, now: dt.datetime, person: Person) -> Any:
    return spoken(at, now, current(), ZoneInfo(person.zone))


def _dispute_form(known: Dispute | None, now: dt.datetime) -> Form:
    state = known.state.value if known else "waiting_seller"
    opened = known.opened if known else now.date()
    return forms.DisputeForm(initial={"state": state, "opened": opened})


def _said(dossier: Dossier, now: dt.datetime, person: Person) -> list[dict[str, Any]]:
    """What was said, the newest first; of a seller's words, what they mean."""
    return [
        {
            "by": told(f"web.by.{message.by}") if has(f"web.by.{message.by}") else message.by,
            "at": _day(message.at, now, person) if message.at else None,
            "text": message.text,
            "means": say(classify(message.text).why, current()) if message.by == "seller" else "",
        }
        for message in reversed(dossier.messages)
    ]


def _plan(parcel: Parcel, now: dt.datetime, person: Person) -> list[dict[str, Any]]:
    """Who is asked about it: when it was, how that ended, when it will be next, and why then."""
    return [
        {
            "system": row.system,
            "number": row.number,
            "outcome": say(Text(f"outcome.{row.outcome}"), current()) if row.outcome else "",
            "asked": _day(row.asked, now, person) if row.asked else None,
            "at": _day(row.at, now, person) if row.at else None,
            "why": say(row.why, current()),
            "paused": say(row.source, current()) if row.source else "",
        }
        for row in plan(now, _person_of(parcel), parcel.ref)
    ]


def _person_of(parcel: Parcel) -> Person:
    return parcel.owner


def _pins(parcel: Parcel) -> list[dict[str, Any]]:
    known = sorted(((id, system.name) for id, system in systems().items()), key=lambda pair: pair[1].casefold())
    return [
        {"number": row.number, "pinned": row.pinned, "systems": known} for row in parcel.numbers.all() if row.number
    ]
