"""One parcel: the letter about it, and what its owner can say, correct and decide.

A parcel that is not the person's own is as absent as one that never was.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import escape
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dozor.carriers import systems
from dozor.disputes import classify
from dozor.i18n import say
from dozor.model import Message, Text
from dozor.service.language import current
from dozor.service.parcels import actions, mapping
from dozor.service.parcels.mapping import TooLongError
from dozor.service.parcels.models import ENDED, Fate, Parcel, Person
from dozor.service.watch.plan import plan_of
from dozor.service.web import forms, kept, overview, written
from dozor.service.web.limits import limited
from dozor.service.web.spoken import told


@require_safe
@login_required
def show(request: HttpRequest, ref: str) -> HttpResponse:
    """The page."""
    person = _person(request)

    def made() -> str:
        known, now = written.seen(person, ref=ref), timezone.now()
        if known is None:
            raise Http404
        slots = _slots(known, person, now, written.parts(known, person, current(), now))
        return kept.framed(request, "web/parcel.html", slots)

    return kept.page(request, ("parcel", ref), made)


@require_POST
@login_required
@limited("change")
def said(request: HttpRequest, ref: str) -> HttpResponse:
    """Somebody said something: it is kept, and what it means is told."""
    parcel, form = _mine(request, ref), forms.Said(request.POST)
    if not form.is_valid():
        return _wrong(request, parcel, said_form=form)
    text, by = form.cleaned_data["text"], form.cleaned_data["by"]
    actions.add_message(parcel, Message(text=text, by=by), timezone.now())
    meaning = say(classify(text).why, current()) if by == "seller" else ""
    messages.success(request, told("web.said.kept") if not meaning else told("web.said.means", meaning=meaning))
    return redirect("parcel", ref=ref)


@require_POST
@login_required
@limited("change")
def name(request: HttpRequest, ref: str) -> HttpResponse:
    """What its owner calls it; nothing: by the thing, the number or the order again."""
    actions.rename(_mine(request, ref), " ".join(request.POST.get("title", "").split()))
    messages.success(request, told("web.name.kept"))
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
        return _wrong(request, parcel, dispute_form=form)
    told_of, now = form.dispute(), timezone.now()
    if told_of is None:
        actions.set_dispute(parcel, None, now)
    else:
        actions.correct_dispute(parcel, now, **told_of)
    messages.success(request, told("web.dispute.kept_none" if told_of is None else "web.dispute.kept"))
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
            numbers = {"numbers": form.numbers_given()} if "numbers" in form.changed_data else {}
            with transaction.atomic():  # one form is kept whole, or not at all
                actions.rename(parcel, form.cleaned_data["title"])
                actions.correct(parcel, timezone.now(), order=form.order(person.zone), **numbers)
        except TooLongError as error:
            form.add_error(None, told("web.too_long", why=str(error)))
        else:
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


def _wrong(request: HttpRequest, parcel: Parcel, **given: Form) -> HttpResponse:
    """The page once more, with what was wrong in a form of it."""
    person, now = _person(request), timezone.now()
    known = written.seen(person, ref=parcel.ref)
    if known is None:
        raise Http404
    _, made = written.written(parcel, person, now, given)
    page = kept.framed(request, "web/parcel.html", _slots(known, person, now, made))
    return HttpResponse(kept.shown(page, request), status=422)


def _slots(known: written.Seen, person: Person, now: dt.datetime, made: written.Parts) -> dict[str, str]:
    """What the page's frame is filled with, as HTML."""
    ended = known.fate in ENDED
    on = written.day(known.ended or known.changed, now, person).text if ended else ""
    notice = {"ref": known.ref, "said": told(f"web.fate.{known.fate}.on", on=on), "csrf_token": kept.TOKEN}
    plan = [] if ended else _plan(known, now, person)
    return {
        "about": escape(made.about),
        "ended": render_to_string("web/_ended.html", notice) if ended else "",
        "letter": made.letter,
        "plan": render_to_string("web/_plan.html", {"plan": plan}) if plan else "",
        "rest": made.rest,
    }


def _plan(known: written.Seen, now: dt.datetime, person: Person) -> list[dict[str, Any]]:
    """Who is asked about it: when it was, how that ended, when it will be next, and why then."""
    return [
        {
            "system": row.system,
            "number": row.number,
            "outcome": say(Text(f"outcome.{row.outcome}"), current()) if row.outcome else "",
            "asked": written.day(row.asked, now, person) if row.asked else None,
            "at": written.day(row.at, now, person) if row.at else None,
            "why": say(row.why, current()),
            "paused": say(row.source, current()) if row.source else "",
        }
        for row in plan_of(Parcel(pk=known.pk, ref=known.ref, title=known.title), known.polls, now)
    ]
