"""The one box: whatever was pasted is answered at once, without an account and without asking anybody."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from dozor.answer import answer
from dozor.model import Dossier
from dozor.service.language import current
from dozor.service.parcels.actions import with_person
from dozor.service.web.letter import letter

LONGEST = 200_000  # characters of one paste that are read; a page saved whole is shorter


@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    """The box, and below it the answer to what was put into it. Nothing leaves the machine, nothing is kept."""
    text = (request.POST.get("text") or request.GET.get("q") or "")[:LONGEST].strip()
    context = {"text": text, "letter": None}
    if text:
        person = getattr(request, "person", None)
        lang, now = current(), timezone.now()
        dossier = Dossier(text=text, lang=lang, today=now.date())
        if person is not None:
            dossier = with_person(dossier, person)
        context["letter"] = letter(answer(dossier, now), lang, person.zone if person else "UTC")
    return render(request, "web/check.html", context)
