"""One parcel: the letter about it, and what its owner can say, correct and decide.

A parcel that is not the person's own is as absent as one that never was.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dozor.carriers import systems
from dozor.disputes import classify
from dozor.i18n import has, money, say
from dozor.model import Answer, Dispute, Dossier, Message, Text
from dozor.service.language import current
from dozor.service.parcels import actions, learning, mapping
from dozor.service.parcels.mapping import TooLongError
from dozor.service.parcels.models import ENDED, Fate, Parcel, Person
from dozor.service.parcels.summary import review_at
from dozor.service.watch.plan import plan_of
from dozor.service.web import forms, kept, overview
from dozor.service.web.letter import letter, shown, spoken
from dozor.service.web.limits import limited
from dozor.service.web.spoken import told

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@require_safe
@login_required
def show(request: HttpRequest, ref: str) -> HttpResponse:
    """The page."""

    def context() -> dict[str, Any]:
        mine = Parcel.objects.of(_person(request)).select_related("order", "mute")
        parcel = get_object_or_404(mine.prefetch_related("polls", "numbers", "order__lines"), ref=ref)
        return _context(parcel, _person(request))

    return kept.page(request, "web/parcel.html", ref, context)


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
            numbers = {"numbers": form.numbers_given()} if "numbers" in form.changed_data else {}
            actions.correct(parcel, timezone.now(), order=form.order(person.zone), **numbers)
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


def _wrong(request: HttpRequest, parcel: Parcel, **given: Form) -> HttpResponse:
    """The page once more, with what was wrong in a form of it."""
    return kept.fresh(request, "web/parcel.html", _context(parcel, _person(request), **given), status=422)


def _context(parcel: Parcel, person: Person, **given: Form) -> dict[str, Any]:
    now, lang = timezone.now(), current()

    def write() -> tuple[dt.datetime, tuple[str, ...]]:
        return _written(parcel, now, person, given)

    letter, rest, about = write()[1] if given else _letters().get(_made_of(parcel, lang, person), now, write)
    return {
        "parcel": parcel,
        "letter": SafeString(letter),
        "rest": SafeString(rest),
        "about": about,
        "ended": told(f"web.fate.{parcel.fate}.on", on=_day(parcel.ended or parcel.changed, now, person).text)
        if parcel.fate in ENDED
        else "",
        "plan": _plan(parcel, now, person),
    }


@cache
def _letters() -> kept.Kept:
    return kept.Kept(shown().kept)


def _made_of(parcel: Parcel, lang: str, person: Person) -> Hashable:
    """All that the letter about a parcel is made of. Each thought about it has its revision; its order may be another
    parcel's, too; an ask that brought nothing new still makes what was said before as fresh as itself; and
    more may have been learnt.
    """
    asked = tuple((poll.pk, poll.answered_at, poll.said) for poll in parcel.polls.all())
    bought = repr(mapping.order_struct(parcel.order, parcel.order.lines.all()))
    own = parcel.pk, parcel.revision, parcel.title, hasattr(parcel, "mute"), bought, asked
    return own, learning.latest(), lang, person.zone


def _written(
    parcel: Parcel, now: dt.datetime, person: Person, forms_given: dict[str, Form]
) -> tuple[dt.datetime, tuple[str, ...]]:
    """The letter, the forms below it and the title of the page; until when they are true."""
    lang, ended = current(), parcel.fate in ENDED
    dossier = mapping.read_dossier(parcel)
    found = learning.answered(dossier, now, person)
    context: dict[str, Any] = {
        "csrf_token": kept.TOKEN,
        "parcel": parcel,
        "letter": letter(found, lang, person.zone, picture=not ended),
        "about": _about(parcel, lang),
        "named": overview.title(parcel, lang),
        "ended": ended,
        "buttons": "" if ended else "web/_parcel_buttons.html",
        "said_form": _said_form(lang),
        "dispute": dossier.dispute,
        "dispute_form": _dispute_form(*_standing(dossier.dispute, now), lang),
        "messages_said": _said(dossier, now, person),
        "pins": _pins(parcel),
        **forms_given,
    }
    parts = [render_to_string(f"web/{name}.html", context) for name in ("_letter", "_parcel_rest")]
    return _true_until(found, now), (*parts, context["about"])


def _true_until(found: Answer, now: dt.datetime) -> dt.datetime:
    """When a day begins somewhere, or one of its limits passes, the letter is another one."""
    width = dt.timedelta(minutes=shown().kept_minutes)
    quarter = now + width - (now - EPOCH) % width
    ahead = [stop.latest_safe for stop in found.clock.backstops if stop.latest_safe and stop.latest_safe > now]
    return min(quarter, review_at(found), *ahead)


def _about(parcel: Parcel, lang: str) -> str:
    order, price = parcel.order, mapping.price(parcel.order.price_minor, parcel.order.price_currency)
    number = told("web.order_no", number=order.number) if order.number else ""
    return " · ".join(filter(None, (overview.title(parcel, lang), number, money(price) if price else "")))


def _day(at: dt.datetime, now: dt.datetime, person: Person) -> Any:
    return spoken(at, now, current(), ZoneInfo(person.zone))


def _standing(known: Dispute | None, now: dt.datetime) -> tuple[str, dt.date | None]:
    return (known.state.value, known.opened) if known else ("waiting_seller", now.date())


def _form(form: Form) -> SafeString:
    return render_to_string("web/_form.html", {"form": form, "two": isinstance(form, forms.DisputeForm)})


@lru_cache(maxsize=8)
def _said_form(lang: str) -> SafeString:
    """The empty form in the language of the request."""
    return _form(forms.Said())


@lru_cache(maxsize=256)
def _dispute_form(state: str, opened: dt.date | None, lang: str) -> SafeString:
    """The form as the dispute stands, in the language of the request."""
    return _form(forms.DisputeForm(initial={"state": state, "opened": opened}))


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
        for row in plan_of(parcel, now)
    ]


def _pins(parcel: Parcel) -> list[dict[str, Any]]:
    return [
        {"number": row.number, "options": _systems(row.pinned, current())} for row in parcel.numbers.all() if row.number
    ]


@lru_cache(maxsize=256)
def _systems(pinned: str, lang: str) -> SafeString:
    """The choice of whom to ask."""
    known = sorted(((id, system.name) for id, system in systems().items()), key=lambda pair: pair[1].casefold())
    rows = [("", say(Text("web.carrier.auto"), lang)), *known]
    chosen = SafeString(" selected")
    return format_html_join(
        "", '<option value="{}"{}>{}</option>', ((id, chosen if id == pinned else "", name) for id, name in rows)
    )
