"""The list: what needs the person first, each parcel a sentence; those that have ended below."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from dozor.service.language import current
from dozor.service.parcels.models import Person
from dozor.service.web import overview


@require_safe
@login_required
def parcels(request: HttpRequest) -> HttpResponse:
    """The open ones; with ?over=1 those that have ended."""
    person: Person = request.person
    now, lang, over = timezone.now(), current(), bool(request.GET.get("over"))
    counts = overview.counts(person)
    page = overview.pages(person, over=over, count=counts.over if over else counts.open).get_page(
        request.GET.get("page")
    )
    ended = []
    if not over and not page.has_next() and counts.over:
        ended = list(overview.pages(person, over=True, count=counts.over).object_list[: overview.listing().finished])
    rows = [overview.row(parcel, now, lang, person.zone) for parcel in (*page, *ended)]
    context = {
        "counts": counts,
        "rows": rows,
        "page": page,
        "over": over,
        "more_over": counts.over > len(ended) and not over,
        "demo": any(row.demo for row in rows),
    }
    return render(request, "web/parcels.html", context)
