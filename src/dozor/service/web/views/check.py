"""The one box: whatever was pasted is answered at once, without an account and without asking anybody.

Two things can follow: the carriers are asked, or the parcel is watched from then on. Whoever wants it watched and has
no account yet, or is not logged in, keeps the text in the session until that is done.
"""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape, format_html
from django.views.decorators.http import require_http_methods, require_POST
from msgspec.structs import replace

from dozor.model import Dossier
from dozor.service.accounts import nobody_yet
from dozor.service.language import current
from dozor.service.parcels import actions, learning
from dozor.service.parcels.mapping import TooLongError
from dozor.service.parcels.models import Person
from dozor.service.web import asking, overview
from dozor.service.web import kept as keeping
from dozor.service.web.letter import letter
from dozor.service.web.limits import limited
from dozor.service.web.spoken import told

LONGEST = 200_000  # characters of one paste that are read; a page saved whole is shorter
PENDING = "to_watch"  # in the session: what is to be watched once somebody is logged in


@require_http_methods(["GET", "HEAD", "POST"])
@limited("check")
def check(request: HttpRequest) -> HttpResponse:
    """The box, and below it the answer to what was put into it. Nothing leaves the machine, nothing is kept."""
    text = _text(request)
    if not text:
        return render(request, "web/check.html", {"text": "", "letter": None})
    now = timezone.now()
    return _answered(request, text, _dossier(request, text, now), now)


@require_POST
@limited("ask", always=True)
def ask(request: HttpRequest) -> HttpResponse:
    """The same with what carriers say, who are asked for a few seconds."""
    text = _text(request)
    if not text:
        return redirect("check")
    now = timezone.now()
    dossier = _dossier(request, text, now)
    reports = asking.ask_carriers(dossier, now)
    return _answered(request, text, replace(dossier, reports=reports), timezone.now(), asked=True)


@require_POST
@limited("change")
def watch(request: HttpRequest) -> HttpResponse:
    """The parcel is kept from now on; who is not known yet comes back to it after logging in."""
    text = _text(request)
    if not text:
        return redirect("check")
    request.session[PENDING] = text
    if request.user.is_authenticated:
        return kept(request)
    messages.info(request, told("web.watch.first_account" if nobody_yet() else "web.watch.first_login"))
    return redirect("account_signup" if nobody_yet() else f"{reverse('account_login')}?next={reverse('kept')}")


@require_http_methods(["GET", "HEAD", "POST"])
def kept(request: HttpRequest) -> HttpResponse:
    """Where logging in leads: what was to be watched is taken in, and shown; else the list."""
    if not request.user.is_authenticated:
        return redirect("account_login")
    text = request.session.pop(PENDING, "")
    if not text:
        return redirect("parcels")
    now = timezone.now()
    dossier = asking.named(_dossier(request, text, now))
    person: Person = request.person
    try:
        parcel = actions.add_dossier(person, replace(dossier, reports=asking.kept(dossier)), now)
    except TooLongError as error:
        messages.error(request, told("web.too_long", why=str(error)))
        return redirect("check")
    messages.success(request, told("web.watched" if parcel.made == now else "web.watched_already"))
    return redirect("parcel", ref=parcel.ref)


def _text(request: HttpRequest) -> str:
    return (request.POST.get("text") or request.GET.get("q") or "")[:LONGEST].strip()


def _dossier(request: HttpRequest, text: str, now: dt.datetime) -> Dossier:
    dossier = Dossier(text=text, lang=current(), today=now.date())
    person = getattr(request, "person", None)
    return actions.with_person(dossier, person) if person is not None else dossier


def _answered(
    request: HttpRequest, text: str, dossier: Dossier, now: dt.datetime, *, asked: bool = False
) -> HttpResponse:
    person = getattr(request, "person", None)
    found = learning.answered(dossier, now, person)
    told = letter(found, current(), person.zone if person else "UTC")
    known = actions.kept_already(person, found) if person else None
    context = {
        "text": text,
        "letter": told,
        "known": known,
        "buttons": "web/_check_buttons.html",
        "may_ask": not asked and asking.can_be_asked(found.mentions, dossier.order.destination),
        "csrf_token": keeping.TOKEN,
    }
    slots = {
        "headline": escape(told.headline),
        "text": escape(text),
        "known": format_html(
            '<a href="{}">{}</a>', reverse("parcel", args=[known.ref]), overview.title(known, current())
        )
        if known
        else "",
        "letter": render_to_string("web/_letter.html", context),
    }
    return HttpResponse(keeping.shown(keeping.framed(request, "web/check.html", slots, asked=asked), request))
