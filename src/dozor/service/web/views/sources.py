"""Who can be asked: how each has been doing, what it wants, and the person's own keys. A key is never shown again."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from dozor.carriers import key_parts, systems
from dozor.carriers.base.protocol import System
from dozor.i18n import say
from dozor.service.language import current
from dozor.service.parcels import actions, learning
from dozor.service.parcels.models import Credential, Person, Source
from dozor.service.parcels.people import zone_of
from dozor.service.web.forms import key_form
from dozor.service.web.letter import spoken
from dozor.service.web.limits import limited
from dozor.service.web.spoken import told
from dozor.service.web.views.check import PENDING


@require_safe
@login_required
def sources(request: HttpRequest) -> HttpResponse:
    """All of them: those in use, those that a free key opens, the rest."""
    person: Person = request.person
    now = timezone.now()
    health = {row.carrier: row for row in Source.objects.filter(credential="")}
    keys = {row.system: row for row in Credential.objects.of(person)}
    machine = set(actions.machine_keys())
    rows = [_row(system, health.get(id), keys.get(id), id in machine, now, person) for id, system in systems().items()]
    rows.sort(key=lambda row: row["name"].casefold())
    context: dict[str, Any] = {
        "open": [row for row in rows if not row["needs_key"]],
        "mine": [row for row in rows if row["needs_key"] and row["has_key"]],
        "free": [row for row in rows if row["needs_key"] and not row["has_key"] and row["free"]],
        "locked": [row for row in rows if row["needs_key"] and not row["has_key"] and not row["free"]],
    }
    context["learnt"] = [say(text, current()) for text in learning.told()]
    context["pending"] = PENDING in request.session
    return render(request, "web/sources.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@limited("change")
def key(request: HttpRequest, id: str) -> HttpResponse:
    """Sets or takes away the person's key for a system."""
    person: Person = request.person
    system = systems().get(id)
    parts = key_parts(id) if system is not None and system.needs_key else ()
    if system is None or not parts:
        raise Http404
    now = timezone.now()
    form = key_form(parts)(request.POST or None)
    if request.method == "POST" and request.POST.get("remove"):
        actions.set_key(person, id, {}, now)
        messages.success(request, told("web.key.removed", system=system.name))
        return redirect("sources")
    if request.method == "POST" and form.is_valid():
        actions.set_key(person, id, form.cleaned_data, now)
        messages.success(request, told("web.key.kept", system=system.name))
        return redirect("sources")
    known = Credential.objects.of(person).filter(system=id).first()
    row = _row(system, None, known, id in actions.machine_keys(), now, person)
    context = {"system": row, "form": form, "own": known is not None}
    return render(request, "web/key.html", context, status=422 if form.errors else 200)


def _row(
    system: System,
    health: Source | None,
    key: Credential | None,
    machine: bool,
    now: dt.datetime,
    person: Person,
) -> dict[str, Any]:
    def day(at: dt.datetime | None) -> Any:
        return spoken(at, now, current(), zone_of(person)) if at else None

    closed = health is not None and health.closed_until is not None and health.closed_until > now
    return {
        "id": system.id,
        "name": system.name,
        "kind": told(f"web.system.{system.kind}"),
        "needs_key": system.needs_key,
        "has_key": key is not None or machine,
        "machine": machine and key is None,
        "free": system.free_key,
        "key_from": system.key_from,
        "quota": system.quota,
        "terms": system.terms,
        "worked": day(health.worked_at) if health else None,
        "failed": day(health.failed_at) if health else None,
        "faults": health.faults if health else 0,
        "closed": day(health.closed_until) if health and closed else None,
        "refused": day(key.refused_at) if key else None,
        "usable": bool(key_parts(system.id)) if system.needs_key else False,
    }
