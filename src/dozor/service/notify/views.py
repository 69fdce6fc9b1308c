"""The page of notifications, and the calendar."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from dozor.i18n import say
from dozor.model import Text
from dozor.service import turn
from dozor.service.language import current
from dozor.service.limits import limited
from dozor.service.notify import channels, outbox
from dozor.service.notify.decide import habits_of
from dozor.service.notify.feed import calendar as calendar_of
from dozor.service.notify.models import EVERYTHING, MATTERS, Channel, Mute
from dozor.service.notify.postman import RefusedError
from dozor.service.notify.tables import services
from dozor.service.parcels.actions import parcel_of
from dozor.service.parcels.models import Outbox, Parcel, Person

LOST = 20  # messages that did not arrive, shown at most


def _say(id: str, **args: object) -> str:
    return say(Text(id, dict(args)), current())


def _person(request: HttpRequest) -> Person:
    found: Person = request.person  # set by the middleware for whoever is logged in
    return found


@login_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Channels, habits, the calendar's address, muted parcels, what did not arrive."""
    person = _person(request)
    token = channels.calendar_token(person)
    base = settings.CONFIG.public_url or request.build_absolute_uri("/").rstrip("/")
    lost = Outbox.objects.of(person).exclude(given_up_at=None).exclude(parcel=None).filter(problem__in=_problems())
    context: dict[str, Any] = {
        "channels": [(row, _say(f"notify.problem.{row.problem}") if row.problem else "") for row in _channels(person)],
        "habits": habits_of(person),
        "zone": person.zone,
        "services": services(),
        "mail": bool(settings.CONFIG.smtp_url),
        "address": person.user.email,
        "calendar": base + reverse("calendar_feed", args=[token]) if token else "",
        "muted": [row.parcel for row in Mute.objects.filter(parcel__owner=person).select_related("parcel__order")],
        "lost": [
            (row, outbox.name_of(row.parcel, person.lang), _say(f"notify.problem.{row.problem}"))
            for row in lost.select_related("parcel__order").order_by("-id")[:LOST]
        ],
    }
    context["muted"] = [(parcel, outbox.name_of(parcel, person.lang)) for parcel in context["muted"]]
    return render(request, "notify/notify.html", context)


@login_required
@require_POST
@limited("notify", times=20, seconds=60)
def add(request: HttpRequest) -> HttpResponse:
    """A new channel."""
    try:
        with turn.pages.aside():  # a name of a host is looked up
            channels.add(_person(request), request.POST.get("address", ""), timezone.now())
    except RefusedError as error:
        messages.error(request, _say(f"notify.problem.{error.why}"))
    else:
        messages.success(request, _say("notify.added"))
    return redirect("notify")


@login_required
@require_POST
@limited("notify", times=20, seconds=60)
def test(request: HttpRequest, ref: str) -> HttpResponse:
    """A trial message, now."""
    channel = get_object_or_404(Channel.objects.of(_person(request)), ref=ref)
    with turn.pages.aside():
        problem = channels.attempt(channel, timezone.now())
    if problem:
        messages.error(request, _say(f"notify.problem.{problem}"))
    else:
        messages.success(request, _say("notify.tried"))
    return redirect("notify")


@login_required
@require_POST
def remove(request: HttpRequest, ref: str) -> HttpResponse:
    """A channel less."""
    get_object_or_404(Channel.objects.of(_person(request)), ref=ref)
    channels.remove(_person(request), ref)
    messages.success(request, _say("notify.removed"))
    return redirect("notify")


@login_required
@require_POST
def habits(request: HttpRequest) -> HttpResponse:
    """Quiet hours, digest, how much is told."""
    given = request.POST
    try:
        begins, ends, digest = (_time(given.get(name, "")) for name in ("quiet_from", "quiet_to", "digest_at"))
    except ValueError:
        messages.error(request, _say("notify.problem.no_time"))
        return redirect("notify")
    if (begins is None) != (ends is None):
        messages.error(request, _say("notify.problem.half_quiet"))
        return redirect("notify")
    detail = EVERYTHING if given.get("detail") == EVERYTHING else MATTERS
    channels.set_habits(_person(request), quiet=(begins, ends), digest=digest, detail=detail)
    messages.success(request, _say("notify.saved"))
    return redirect("notify")


@login_required
@require_POST
def calendar(request: HttpRequest) -> HttpResponse:
    """A new address of the calendar, or none."""
    if request.POST.get("do") == "close":
        channels.close_calendar(_person(request))
    else:
        channels.renew_calendar(_person(request))
    messages.success(request, _say("notify.saved"))
    return redirect("notify")


@login_required
@require_POST
def mute(request: HttpRequest, ref: str) -> HttpResponse:
    """Nothing more of a parcel, or something again (`do=unmute`)."""
    try:
        parcel = parcel_of(_person(request), ref)
    except Parcel.DoesNotExist:
        raise Http404 from None
    muted = request.POST.get("do") != "unmute"
    channels.set_mute(parcel, muted, timezone.now())
    messages.success(request, _say("notify.muted" if muted else "notify.unmuted"))
    return redirect("notify")


@login_required
@require_POST
def again(request: HttpRequest, id: int) -> HttpResponse:
    """Once more what did not arrive, or may not have."""
    outbox.again(get_object_or_404(Outbox.objects.of(_person(request)), pk=id), timezone.now())
    messages.success(request, _say("notify.again"))
    return redirect("notify")


@require_safe
@limited("calendar", times=60, seconds=600)
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar behind a secret address; any other is not found."""
    person = channels.owner_of_calendar(token)
    if person is None:
        raise Http404
    body = calendar_of(person, timezone.now())
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, max-age=600", "Referrer-Policy": "no-referrer"}
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers=headers)
    headers["Content-Disposition"] = 'inline; filename="dozor.ics"'
    return HttpResponse(body, content_type="text/calendar; charset=utf-8", headers=headers)


def _channels(person: Person) -> list[Channel]:
    return list(Channel.objects.of(person))


def _time(text: str) -> dt.time | None:
    """A time of day, to the minute; nothing is none. Raises ValueError."""
    found = dt.time.fromisoformat(text.strip()) if text.strip() else None
    if found is not None and found.tzinfo is not None:
        raise ValueError(text)
    return found.replace(second=0, microsecond=0) if found else None


def _problems() -> tuple[str, ...]:
    """Reasons for which a message was lost; one that needed no telling any more was not."""
    return (
        outbox.UNCONFIRMED,
        "refused",
        "unreachable",
        "inside",
        "no_mail_server",
        "no_service",
        "sealed",
        "no_answer",
    )
