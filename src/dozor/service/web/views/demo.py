"""The demo household: loaded and removed with one button."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from dozor.service.parcels import demo as household
from dozor.service.web.limits import limited
from dozor.service.web.spoken import told


@require_POST
@login_required
@limited("change")
def demo(request: HttpRequest) -> HttpResponse:
    """Loads it, or takes it away with all that was said of it."""
    person = request.person
    if request.POST.get("remove"):
        household.remove(person)
        messages.success(request, told("web.demo.removed"))
    else:
        household.load(person, timezone.now())
        messages.success(request, told("web.demo.loaded"))
    return redirect("parcels")
