"""The demonstration: a household that lives without a network, and goes without a trace."""

from __future__ import annotations

import datetime as dt
import json
import re
import signal
import subprocess
import time
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from msgspec.structs import replace

from dozor.carriers.fakes import living
from dozor.numbers import identify
from dozor.service import demo as demonstration
from dozor.service.parcels import actions, demo
from dozor.service.parcels.models import Parcel, Person, Poll
from tests.conftest import ROOT
from tests.service.conftest import NOW
from tests.service.test_serve import DOZOR, env


def test_the_living_parcels_have_numbers_that_can_be() -> None:
    for parcel in living.parcels():
        for number in filter(None, (parcel.cainiao, parcel.upu)):
            assert identify(number)[0].valid, number


def test_a_scan_is_told_once_its_time_has_come() -> None:
    lamp = living.parcels()[0]
    before = living.told("upu", lamp.upu, NOW, NOW)
    after = living.told("upu", lamp.upu, NOW, NOW + dt.timedelta(minutes=10))
    assert before and after and after["Events"][: len(before["Events"])] == before["Events"]
    assert len(after["Events"]) > len(before["Events"]) and living.told("upu", "RB740193524CN", NOW, NOW) is None


@pytest.mark.django_db
def test_a_household_is_put_in_once_and_taken_away_whole(anna: Person) -> None:
    mine = actions.add_dossier(anna, actions.Dossier(text="from Shenzhen"), NOW)
    parcels = demo.load(anna, NOW)
    assert [parcel.pk for parcel in demo.load(anna, NOW)] == [parcel.pk for parcel in parcels]
    causes = {actions.current_answer(parcel, NOW).diagnosis.causes[0].id for parcel in parcels}
    assert len(causes) >= 3, causes
    assert not Parcel.objects.filter(demo=True, polls__isnull=False).exists()  # no carrier is asked about it
    lamp = next(parcel for parcel in parcels if parcel.numbers.filter(given=False).exists())
    actions.correct_order(lamp, NOW, seller="x")
    assert not lamp.polls.exists()
    assert demo.remove(anna) == len(parcels)
    assert list(Parcel.objects.of(anna)) == [mine]


@pytest.mark.django_db
def test_every_system_is_asked_at_once_about_the_household_of_the_demonstration(settings: Any) -> None:
    settings.CONFIG = replace(settings.CONFIG, demo=True)
    demonstration.prepare("en")
    rows = Poll.objects.filter(parcel__owner__user__username=demonstration.NAME)
    assert rows.filter(outcome="found").exists() and not rows.filter(next_at__gt=timezone.now()).exists()
    assert not rows.filter(next_at=None).exists()


@pytest.mark.once
def test_it_lives_before_the_eyes_of_whoever_watches(tmp_path: Path) -> None:
    words = [DOZOR, "serve", "--demo", "--port", "0"]
    real = tmp_path / "database-url"
    real.write_text("postgresql://never/used")
    more = {"TMPDIR": str(tmp_path), "DATABASE_URL": "postgresql://never/used", "DOZOR_LANG": "ru"}
    more |= {"DATABASE_URL_FILE": str(real), "DOZOR_SMTP_URL_FILE": str(real)}
    server = subprocess.Popen(
        words,
        env=env(tmp_path / "untouched", **more),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        address = re.search(r"http://127\.0\.0\.1:\d+/", server.stdout.readline())
        assert address, server.stderr and server.stderr.read()
        figures, deadline = "", time.monotonic() + 60
        # The peer is asked and answers within seconds.
        while 'outcome="found"' not in figures and time.monotonic() < deadline:
            time.sleep(0.5)
            figures = urllib.request.urlopen(address[0] + "metrics").read().decode()
        assert 'dozor_parcels{fate="open"} 5' in figures and 'outcome="found"' in figures, figures
        jar = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        assert json.loads(jar.open(address[0] + "readyz").read())["ready"]
    finally:
        server.send_signal(signal.SIGINT)
        _, errors = server.communicate(timeout=60)
    assert server.returncode == 0 and "Traceback" not in errors, errors
    assert not (tmp_path / "untouched").exists() and not list(tmp_path.glob("dozor-demo-*"))
