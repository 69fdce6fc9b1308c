"""`dozor serve --demo`: a household that lives without a network; the local peer plays the carriers."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from urllib.parse import urlsplit

from aiohttp import web
from django.conf import settings
from django.contrib.auth import get_user_model, login
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from dozor.carriers.fakes.server import application
from dozor.service.parcels import demo
from dozor.service.parcels.models import Poll
from dozor.service.parcels.people import person_of

NAME = "demo"
BEGAN = dt.datetime.now(dt.UTC).replace(second=0, microsecond=0)  # household and peer count from the same moment


def prepare(lang: str) -> None:
    """The account and its household, on a fresh database."""
    user, new = get_user_model().objects.get_or_create(username=NAME)
    if new:
        user.set_unusable_password()
        user.save()
    person = person_of(user)
    person.lang, person.country, person.zone = lang, "RU", "Europe/Moscow"
    person.save()
    now = timezone.now()
    demo.load(person, now, began=BEGAN, watch=True)
    # The household brings answers of this moment along, after which a system is left alone for hours. The peer is ours,
    # and whoever looks has minutes.
    Poll.objects.filter(parcel__owner=person, next_at__gt=now).update(next_at=now)


async def run(stop: asyncio.Event) -> None:
    """The peer, at the address that the watcher was told."""
    parts = urlsplit(settings.CONFIG.addresses[""])
    runner = web.AppRunner(application(BEGAN))
    await runner.setup()
    await web.TCPSite(runner, parts.hostname, parts.port).start()
    try:
        await stop.wait()
    finally:
        await runner.cleanup()


class Visitor:
    """Whoever comes is at home: the demonstration has one account and nothing to protect."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Logs the visitor in."""
        if not request.user.is_authenticated:
            user = get_user_model().objects.filter(username=NAME).first()
            if user is not None:
                login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
        return self.get_response(request)
