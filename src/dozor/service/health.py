"""Is it alive, is it ready, and how is it doing: /healthz, /readyz, /metrics (text of Prometheus)."""

from __future__ import annotations

import hmac
import ipaddress
import os
import time
from collections.abc import Callable, Iterator

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

STARTED = time.time()
_up_to_date: set[str] = set()  # databases whose schema was seen to be that of this process: its code does not change


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; it touches nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """It can do its work: 200, or 503 with what is missing."""
    missing = problems()
    return JsonResponse({"ready": not missing, "missing": missing}, status=503 if missing else 200)


def problems() -> list[str]:
    """What keeps it from working now, each in a few words that betray nothing."""
    checks: dict[str, Callable[[], bool]] = {"database": _answers, "schema": _migrated, "data folder": _writable}
    missing = []
    for name, check in checks.items():
        try:
            if check():
                continue
        except (DatabaseError, OSError):
            pass
        missing.append(name)
    return missing


def _answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone() == (1,))


def _migrated() -> bool:
    name = str(connection.settings_dict["NAME"])
    if name not in _up_to_date:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        _up_to_date.add(name)
    return True


def _writable() -> bool:
    return os.access(settings.CONFIG.data, os.W_OK)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures without names: to this machine, or to whoever brings the token."""
    if not _may_read(request):
        return HttpResponse("forbidden\n", status=403, content_type="text/plain")
    text = "".join(
        f"# HELP {name} {help}\n# TYPE {name} {kind}\n"
        + "".join(f"{name}{labels} {value:g}\n" for labels, value in rows)
        for name, kind, help, rows in figures()
    )
    return HttpResponse(text, content_type="text/plain; version=0.0.4; charset=utf-8")


def _may_read(request: HttpRequest) -> bool:
    wanted = settings.CONFIG.metrics_token
    if wanted:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(wanted.encode(), given.encode())
    if settings.CONFIG.trust_proxy or "X-Forwarded-For" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


Rows = list[tuple[str, float]]
Figure = tuple[str, str, str, Rows]
MORE: list[Callable[[], Iterator[Figure]]] = []  # figures of rooms above this one, which put them here


def figures() -> Iterator[Figure]:
    """Name, kind, help and values of each figure."""
    from django.db.models import Count, Min, Q

    from dozor.service.parcels.models import Answer, Event, Fault, Learnt, Outbox, Parcel, Poll, Source

    now = timezone.now()
    one: Callable[[float], Rows] = lambda value: [("", value)]  # noqa: E731
    yield "dozor_up_seconds", "gauge", "Seconds since this process started.", one(time.time() - STARTED)
    fates = Parcel.objects.order_by().values_list("fate").annotate(n=Count("id"))
    yield "dozor_parcels", "gauge", "Parcels by how they ended.", [(f'{{fate="{fate}"}}', n) for fate, n in fates]
    yield "dozor_events", "gauge", "Events kept.", one(Event.objects.count())
    due = Poll.objects.filter(next_at__lte=now)
    oldest = due.aggregate(at=Min("next_at"))["at"]
    yield "dozor_polls_due", "gauge", "Asks that are due and not yet made.", one(due.count())
    late = (now - oldest).total_seconds() if oldest else 0
    yield "dozor_polls_late_seconds", "gauge", "How late the latest due ask is.", one(late)
    asked = Poll.objects.exclude(outcome="").order_by().values_list("carrier", "outcome").annotate(n=Count("id"))
    yield (
        "dozor_polls_last_outcome",
        "gauge",
        "How the last asks of the numbers ended.",
        [(f'{{carrier="{carrier}",outcome="{outcome}"}}', n) for carrier, outcome, n in asked],
    )
    closed = Source.objects.filter(closed_until__gt=now).values_list("carrier", flat=True)
    yield "dozor_source_paused", "gauge", "Systems that want a pause.", [(f'{{carrier="{id}"}}', 1) for id in closed]
    faulty = Fault.objects.order_by().values_list("work").annotate(n=Count("parcel", distinct=True))
    rows = [(f'{{work="{work}"}}', n) for work, n in faulty]
    yield "dozor_parcels_faulty", "gauge", "Parcels with which work broke, by the work; tried again later.", rows
    untold = Answer.objects.filter(told_at=None).count()
    yield "dozor_answers_untold", "gauge", "Answers that nobody was told of yet.", one(untold)
    learnt = Learnt.objects.first()
    age = (now - learnt.at).total_seconds() if learnt else 0
    yield "dozor_learnt_seconds", "gauge", "Since delivery times were learnt last; 0: never.", one(age)
    came = [('{held="yes"}', learnt.held), ('{held="no"}', learnt.judged - learnt.held)] if learnt else []
    yield "dozor_forecasts_judged", "gauge", "Parcels that came, by whether it was within the days told.", came
    waiting = Outbox.objects.aggregate(
        waiting=Count("id", filter=Q(sent_at=None, given_up_at=None)), given_up=Count("id", filter=~Q(given_up_at=None))
    )
    yield "dozor_outbox", "gauge", "Messages by state.", [(f'{{state="{state}"}}', n) for state, n in waiting.items()]
    for more in MORE:
        yield from more()
