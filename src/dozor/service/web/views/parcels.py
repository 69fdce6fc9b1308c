"""The list: what needs the person first, each parcel a sentence; those that have ended below."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from dozor.service.language import current
from dozor.service.parcels.models import Person
from dozor.service.web import kept, overview


@require_safe
@login_required
def parcels(request: HttpRequest) -> HttpResponse:
    """The open ones; with ?over=1 those that have ended."""
    over, number = bool(request.GET.get("over")), request.GET.get("page")

    def made() -> str:
        return kept.rendered(request, "web/parcels.html", _context(request.person, number, over))

    return kept.page(request, ("parcels", over, number), made)


def _context(person: Person, number: str | None, over: bool) -> dict[str, Any]:
    now, lang = timezone.now(), current()
    counts = overview.counts(person)
    page = overview.page(person, number, over=over, count=counts.over if over else counts.open)
    ended = [] if over or page.has_next() or not counts.over else overview.latest_over(person)
    rows = overview.rows([*page, *ended], now, lang, person.zone)
    return {
        "counts": counts,
        "rows": overview.written(rows, lang),
        "page": page,
        "over": over,
        "more_over": counts.over > len(ended) and not over,
        "demo": any(row.demo for row in rows),
    }
