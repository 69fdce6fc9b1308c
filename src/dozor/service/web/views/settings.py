"""First run, and settings: how one wants to be spoken to, taking one's data along, taking everything away."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.http import require_http_methods, require_safe

from dozor.service.language import djangos
from dozor.service.parcels import actions, exchange, people
from dozor.service.parcels.models import Parcel, Person
from dozor.service.web import forms
from dozor.service.web.limits import limited
from dozor.service.web.spoken import told
from dozor.service.web.views.check import PENDING


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def welcome(request: HttpRequest) -> HttpResponse:
    """After the account: language, country, zone, style; then the keys, and what was to be watched."""
    person = _person(request)
    form = forms.Profile(request.POST or None, initial=_facts(person))
    if request.method == "POST" and form.is_valid():
        _keep(person, form)
        return redirect("sources" if request.POST.get("then") == "keys" else "kept")
    context = {"form": form, "pending": PENDING in request.session}
    return render(request, "web/welcome.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@limited("change")
def settings(request: HttpRequest) -> HttpResponse:
    """How one wants to be spoken to; the doors to everything else of one's own."""
    person = _person(request)
    form = forms.Profile(request.POST or None, initial=_facts(person))
    if request.method == "POST" and form.is_valid():
        _keep(person, form)
        with translation.override(djangos(person.lang)):
            messages.success(request, told("web.settings.kept"))
        return redirect("settings")
    context = {"form": form, "demo": Parcel.objects.of(person).filter(demo=True).exists()}
    return render(request, "web/settings.html", context, status=422 if form.errors else 200)


@require_safe
@login_required
@limited("export", looks=True)
def export(request: HttpRequest, form: str) -> HttpResponse:
    """Everything of the person's as JSON, or their parcels as CSV."""
    person = _person(request)
    if form == "json":
        answer = HttpResponse(exchange.export_json(person), content_type="application/json")
    elif form == "csv":
        answer = HttpResponse(exchange.export_csv(person), content_type="text/csv; charset=utf-8")
    else:
        raise Http404
    answer.headers["Content-Disposition"] = f'attachment; filename="dozor-{timezone.now():%Y-%m-%d}.{form}"'
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@limited("change")
def delete(request: HttpRequest) -> HttpResponse:
    """Everything of the person's, after one more question; the account, too, where that is wanted."""
    if request.method == "POST" and request.POST.get("sure"):
        account = bool(request.POST.get("account"))
        actions.delete_everything(_person(request), account=account)
        if account:
            logout(request)
        messages.success(request, told("web.everything_deleted"))
        return redirect("check")
    return render(request, "web/delete_everything.html", {"unsure": request.method == "POST"})


def _person(request: HttpRequest) -> Person:
    return request.person


def _facts(person: Person) -> dict[str, str]:
    own = {name: getattr(person, name) for name in ("lang", "zone", "country", "style")}
    return {**own, "theme": person.more.get("theme", "")}


def _keep(person: Person, form: forms.Profile) -> None:
    people.set_profile(person, **form.cleaned_data)
