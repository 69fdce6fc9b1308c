"""`dozor doctor`: is everything as it should be, and what to do where it is not. Reads; repairs nothing."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from dozor.carriers import systems
from dozor.service import config


class Finding(Struct, frozen=True):
    """One thing looked at. `state`: ok, warning or error; `remedy` says what to do."""

    state: str
    what: str
    remedy: str = ""


def examine(env: Mapping[str, str], home: Path) -> Iterator[Finding]:
    """Everything, the settings first: without them nothing else can be looked at."""
    try:
        read = config.read(config.with_files(env), home)
    except config.ConfigError as error:
        for line in str(error).splitlines():
            yield Finding("error", line, "correct the variable and start again")
        return
    yield Finding("ok", f"settings are readable; data in {read.data}")
    for name, meant in config.misspelt(env, systems()).items():
        yield Finding("warning", f"{name} is no setting", f"did you mean {meant}?" if meant else "see docs/service.md")
    yield from _folder(read)
    yield from _keys(read)
    yield from _database()
    yield from _open_door(read)
    yield from _sources()
    yield from _faults()
    yield from _forecasts(read)
    yield Finding(
        "ok" if read.smtp_url else "warning",
        "mail server" + (" is named" if read.smtp_url else " is not"),
        "" if read.smtp_url else "set DOZOR_SMTP_URL to send mail; other channels work without it",
    )


def _folder(read: config.Config) -> Iterator[Finding]:
    if not read.data.exists():
        yield Finding("warning", f"{read.data} is not there yet", "dozor serve makes it")
        return
    if not os.access(read.data, os.W_OK):
        yield Finding("error", f"{read.data} cannot be written to", "chown it to the user that runs dozor")
    if read.data.stat().st_mode & 0o077:
        yield Finding("warning", f"{read.data} can be looked into by others", f"chmod 700 {read.data}")
    free = shutil.disk_usage(read.data).free
    if free < 200_000_000:
        yield Finding("error", f"{free // 1_000_000} MB of disk are left", "make room: a full disk stops the watch")
    else:
        yield Finding("ok", f"{free // 1_000_000_000} GB of disk are left")


def _keys(read: config.Config) -> Iterator[Finding]:
    for name in ("session.key", "secrets.key"):
        path = read.keys / name
        if not path.exists():
            yield Finding("warning", f"{path} is not there yet", "dozor serve makes it; restore it if you had one")
        elif path.stat().st_mode & 0o077:
            yield Finding("error", f"{path} can be read by others", f"chmod 600 {path}")
        else:
            yield Finding("ok", f"{name} is there, for its owner's eyes only")


def _database() -> Iterator[Finding]:
    from django.db import DatabaseError, connection

    from dozor.service import health
    from dozor.service.parcels import models
    from dozor.service.run import where

    try:
        missing = [name for name in health.problems() if name != "data folder"]
    except DatabaseError:
        missing = ["database"]
    if "database" in missing:
        yield Finding("error", f"{where()} does not answer", "is it running, and is DATABASE_URL right?")
        return
    if "schema" in missing:
        yield Finding("warning", f"{where()} has an older schema or none", "dozor serve brings it up to date")
        return
    yield Finding("ok", f"{where()} answers and has the schema of this version")
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA quick_check(1)")
            sound = cursor.fetchone()[0]
        if sound != "ok":
            yield Finding("error", f"the database file is damaged: {sound}", "dozor restore the last backup")
    watched = models.Parcel.objects.filter(fate=models.Fate.OPEN)
    lost = watched.filter(review_at=None).exclude(polls__next_at__isnull=False).distinct().count()
    if lost:
        yield Finding("error", f"{lost} open parcels have no next due time", "dozor watch plan --repair")
    yield Finding("ok", f"{watched.count()} parcels are watched")
    yield from _secrets()


def _secrets() -> Iterator[Finding]:
    """Whether every stored secret opens: keys of carriers, addresses of channels, second factors."""
    from allauth.mfa.models import Authenticator

    from dozor.service.notify.models import Channel
    from dozor.service.parcels import models
    from dozor.service.parcels.secrets import SealError, unseal

    kept: dict[str, list[bytes]] = {
        "keys of carriers": [bytes(row.sealed) for row in models.Credential.objects.all()],
        "addresses of channels": [bytes(row.sealed) for row in Channel.objects.all() if row.sealed],
        "second factors": [
            str(data[name]).encode()
            for data in Authenticator.objects.values_list("data", flat=True)
            for name in ("secret", "seed")
            if data.get(name)
        ],
    }
    for what, secrets in kept.items():
        closed = 0
        for sealed in secrets:
            try:
                unseal(sealed)
            except SealError:
                closed += 1
        if closed:
            yield Finding(
                "error",
                f"{what}: {closed} of {len(secrets)} stored secrets cannot be read with keys/secrets.key",
                "restore keys/secrets.key from the backup of its time",
            )


def _open_door(read: config.Config) -> Iterator[Finding]:
    if read.host not in ("127.0.0.1", "::1") and not read.https:
        yield Finding(
            "warning",
            f"it listens on {read.host} without https",
            "put a proxy with https in front and set DOZOR_PUBLIC_URL=https://… and DOZOR_TRUST_PROXY=yes",
        )
    if read.debug:
        yield Finding("error" if read.host != "127.0.0.1" else "warning", "DOZOR_DEBUG is on", "switch it off")


def _sources() -> Iterator[Finding]:
    from django.db import DatabaseError
    from django.utils import timezone

    from dozor.service.parcels.models import Source

    try:
        for row in Source.objects.filter(closed_until__gt=timezone.now()):
            until = f"{row.closed_until:%Y-%m-%d %H:%M} UTC"
            yield Finding("warning", f"{row.carrier} wants a pause until {until}: {row.problem}", "nothing to do: wait")
    except DatabaseError:
        return


def _faults() -> Iterator[Finding]:
    """Parcels with which something of ours breaks: refs and places in the code, nothing of what is in them."""
    from django.db import DatabaseError

    from dozor.service.parcels.faults import settings
    from dozor.service.parcels.models import Fault

    try:
        for work in Fault.objects.order_by("work").values_list("work", flat=True).distinct():
            rows = list(Fault.objects.filter(work=work).select_related("parcel").order_by("-times", "id"))
            named = [
                f"{row.parcel.ref} ({row.times} in a row, again {row.until:%Y-%m-%d %H:%M} UTC; {row.place})"
                for row in rows[: settings().named]
            ]
            more = f" and {len(rows) - len(named)} more" if len(rows) > len(named) else ""
            yield Finding(
                "warning",
                f"{work} breaks with some parcels, all others go on: {', '.join(named)}{more}",
                "tried again by itself; if it stays, report the error's kind and place: they say nothing of the parcel",
            )
    except DatabaseError:
        return


def _forecasts(read: config.Config) -> Iterator[Finding]:
    from django.db import DatabaseError
    from django.utils import timezone

    from dozor.i18n import say
    from dozor.service.parcels import learning

    try:
        row, lines = learning.newest(), learning.told()
        readable = learning.current() is not None
        overdue = learning.is_due(timezone.now() - dt.timedelta(hours=2 * learning.settings().every_hours))
    except DatabaseError:
        return
    holds = learning.holds(row)
    for line in lines:
        late = "each learning fits the ranges to what came: nothing to do but wait" if holds is False else ""
        yield Finding("warning" if late and line.id == "learning.held" else "ok", say(line, "en"), late)
    if row is not None and not readable:
        yield Finding("warning", "what was learnt cannot be read by this version", "dozor forecast learn")
    elif row is not None and overdue and read.watch:
        yield Finding(
            "warning", f"nothing was learnt since {row.day}", "is dozor serve running? or: dozor forecast learn"
        )
