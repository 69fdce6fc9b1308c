"""The rows. What they mean is said in `dozor.model`; how one becomes the other, in `mapping`.

A struct's fields that are searched or sorted by are columns; the rest of it stands beside them in `more`, so that a
new optional field of a struct needs no migration. No fact stands in both. Everything belongs to a person and is
reached through that person (`Owned.of`). Rows that people name in addresses have a `ref` that nobody can guess.
"""

from __future__ import annotations

import datetime as dt
import secrets
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from dozor.i18n import LANGUAGES
from dozor.model import DisputeState, Milestone, MoneyState, OutcomeKind

STYLES = ("early", "balanced", "patient")


def new_ref() -> str:
    """A name for addresses: 96 bits of chance."""
    return secrets.token_urlsafe(12)


def choices(values: Any) -> list[tuple[str, str]]:
    """A vocabulary as Django wants it."""
    return [(str(value), str(value)) for value in values]


class Person(models.Model):
    """Whose parcels these are, and how this person wants to be spoken to."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="person")
    ref = models.CharField(max_length=24, unique=True, default=new_ref)
    lang = models.CharField(max_length=8, default="en", choices=choices(LANGUAGES))
    zone = models.CharField(max_length=64, default="UTC")
    country = models.CharField(max_length=2, blank=True)
    style = models.CharField(max_length=16, default="balanced", choices=choices(STYLES))
    # How surely a prompt is acted on, 0…1; None: not said. A forgetful reader is prompted earlier.
    reliability = models.FloatField(null=True, blank=True)
    made = models.DateTimeField(default=timezone.now)
    more = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return f"person {self.ref}"


class Owned(models.QuerySet):
    """Rows that belong to somebody."""

    def of(self, person: Person) -> Owned:
        """Those of one person: whoever looks up by `ref` looks up within these."""
        return self.filter(owner=person)


class Order(models.Model):
    """A purchase; its lines are `Line` rows, its parcels `Parcel` rows."""

    owner = models.ForeignKey(Person, models.CASCADE, related_name="orders")
    ref = models.CharField(max_length=24, unique=True, default=new_ref)
    marketplace = models.CharField(max_length=64, null=True, blank=True)
    number = models.CharField(max_length=128, null=True, blank=True)
    seller = models.TextField(null=True, blank=True)
    price_minor = models.BigIntegerField(null=True, blank=True)
    price_currency = models.CharField(max_length=8, null=True, blank=True)
    paid = models.DateField(null=True, blank=True)
    shipped = models.DateField(null=True, blank=True)
    promised = models.DateField(null=True, blank=True)
    destination = models.CharField(max_length=64, null=True, blank=True)
    protection_end = models.DateTimeField(null=True, blank=True)
    completed = models.DateField(null=True, blank=True)
    received = models.BooleanField(null=True, blank=True)
    more = models.JSONField(default=dict, blank=True)
    made = models.DateTimeField(default=timezone.now)
    revision = models.CharField(max_length=24, default=new_ref)  # another one whenever it was written
    # Of the summary: where the money is by the last answer about an open parcel of it; empty where none is open.
    money = models.CharField(max_length=24, blank=True, choices=choices(MoneyState))

    objects = Owned.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "marketplace", "number"]),
            models.Index(fields=["owner", "money", "price_currency", "price_minor"], name="order_money"),
        ]

    def __str__(self) -> str:
        return f"order {self.ref}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Writes it, with its lines or before them, as another revision."""
        self.revision = new_ref()
        super().save(*args, **kwargs)


class Line(models.Model):
    """One line of a purchase."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    title = models.TextField(blank=True)
    price_minor = models.BigIntegerField(null=True, blank=True)
    price_currency = models.CharField(max_length=8, null=True, blank=True)
    quantity = models.BigIntegerField(default=1)

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["order", "position"], name="line_once")]

    def __str__(self) -> str:
        return self.title or f"line {self.position}"


class Fate(StrEnum):
    """How it ended, as the buyer says. A parcel without a fate is watched."""

    OPEN = "open"
    RECEIVED = "received"
    LOST = "lost"
    NOT_MINE = "not_mine"
    ARCHIVED = "archived"


ENDED = frozenset({Fate.RECEIVED, Fate.LOST, Fate.NOT_MINE, Fate.ARCHIVED})


class Parcel(models.Model):
    """One parcel: what the buyer told, and a summary of what we answer, by which lists are sorted."""

    owner = models.ForeignKey(Person, models.CASCADE, related_name="parcels")
    order = models.ForeignKey(Order, models.CASCADE, related_name="parcels")
    ref = models.CharField(max_length=24, unique=True, default=new_ref)
    title = models.CharField(max_length=256, blank=True)
    made = models.DateTimeField(default=timezone.now)
    changed = models.DateTimeField(default=timezone.now)
    fate = models.CharField(max_length=16, default=Fate.OPEN.value, choices=choices(Fate))
    ended = models.DateTimeField(null=True, blank=True)
    demo = models.BooleanField(default=False)
    # The rest of the dossier: text, told facts, language, style.
    text = models.TextField(blank=True)
    said_on = models.DateField(null=True, blank=True)
    more = models.JSONField(default=dict, blank=True)
    # The summary of the current answer, written with it and never read back into it.
    stage = models.CharField(max_length=40, null=True, blank=True, choices=choices(Milestone))
    last_movement = models.DateTimeField(null=True, blank=True)
    cause = models.CharField(max_length=40, blank=True)
    step = models.CharField(max_length=40, blank=True)
    decide_by = models.DateTimeField(null=True, blank=True)
    attention = models.PositiveSmallIntegerField(default=0)
    headline = models.JSONField(default=dict, blank=True)
    revision = models.CharField(max_length=24, default=new_ref)  # another one whenever it was thought over
    # When it has to be thought over again although nobody said anything: days pass, limits come.
    review_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_owner = models.CharField(max_length=32, blank=True)

    objects = Owned.as_manager()

    class Meta:
        ordering = ["-attention", "decide_by", "-id"]
        indexes = [
            models.Index(fields=["owner", "fate", "-attention", "decide_by", "-id"], name="parcel_list"),
            models.Index(fields=["owner", "fate", "step", "cause"], name="parcel_counts"),
            models.Index(fields=["review_at"], name="parcel_review"),
        ]

    def __str__(self) -> str:
        return f"parcel {self.ref}"


class Number(models.Model):
    """A number of a parcel: given by the buyer, or named by a carrier as the same parcel's."""

    parcel = models.ForeignKey(Parcel, models.CASCADE, related_name="numbers")
    position = models.PositiveSmallIntegerField(default=0)
    number = models.CharField(max_length=128)
    given = models.BooleanField(default=True)
    follows = models.CharField(max_length=128, null=True, blank=True)
    kind = models.CharField(max_length=16, blank=True)
    said_by = models.CharField(max_length=64, blank=True)
    pinned = models.CharField(max_length=64, blank=True)  # the system the buyer chose to ask

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["parcel", "number"], name="number_once")]
        indexes = [models.Index(fields=["number"])]

    def __str__(self) -> str:
        return self.number


class Snapshot(models.Model):
    """What a system answered, as it came, compressed; kept once however often it came."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    body = models.BinaryField()  # zlib
    size = models.PositiveIntegerField()
    media_type = models.CharField(max_length=128, blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.sha256[:12]


class Report(models.Model):
    """What one system said about one number. A row for each thing it said, none for saying it again.

    How it failed to say anything is one row a kind of failure, kept at the latest.
    """

    parcel = models.ForeignKey(Parcel, models.CASCADE, related_name="reports")
    carrier = models.CharField(max_length=64)
    number = models.CharField(max_length=128)
    said = models.CharField(max_length=64)  # sha256 of the content
    outcome = models.CharField(max_length=32, choices=choices(OutcomeKind))
    asked_at = models.DateTimeField(null=True, blank=True)
    snapshot = models.ForeignKey(Snapshot, models.PROTECT, null=True, blank=True, related_name="+")
    more = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["parcel", "carrier", "number", "-id"], name="report_latest")]

    def __str__(self) -> str:
        return f"{self.carrier} {self.outcome}"


class Event(models.Model):
    """A scan or notice, once for each parcel, system and asked number. `carrier` is empty where the buyer told it."""

    parcel = models.ForeignKey(Parcel, models.CASCADE, related_name="events")
    fingerprint = models.CharField(max_length=43)
    carrier = models.CharField(max_length=64, blank=True)
    asked = models.CharField(max_length=128, blank=True)
    position = models.PositiveIntegerField(default=0)
    text = models.TextField(blank=True)
    local = models.DateTimeField(null=True, blank=True)  # the wall time, stored as if it were UTC
    offset = models.SmallIntegerField(null=True, blank=True)
    precision = models.CharField(max_length=8, blank=True)
    code = models.TextField(null=True, blank=True)
    system = models.CharField(max_length=64, blank=True)
    milestone = models.CharField(max_length=40, null=True, blank=True, choices=choices(Milestone))
    more = models.JSONField(default=dict, blank=True)
    first_seen = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["parcel", "fingerprint"], name="event_once")]

    def __str__(self) -> str:
        return self.text[:60]


class Message(models.Model):
    """Something said about the order."""

    parcel = models.ForeignKey(Parcel, models.CASCADE, related_name="messages")
    position = models.PositiveIntegerField(default=0)
    text = models.TextField()
    by = models.CharField(max_length=16, default="seller")
    at = models.DateTimeField(null=True, blank=True)
    more = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return f"{self.by}: {self.text[:40]}"


class Dispute(models.Model):
    """The dispute over a parcel's order."""

    parcel = models.OneToOneField(Parcel, models.CASCADE, related_name="dispute")
    state = models.CharField(max_length=32, default=DisputeState.NONE.value, choices=choices(DisputeState))
    opened = models.DateField(null=True, blank=True)
    decided = models.DateField(null=True, blank=True)
    more = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return self.state


class Answer(models.Model):
    """What we said about a parcel, each time it became something else. `change` is what became else (ids)."""

    parcel = models.ForeignKey(Parcel, models.CASCADE, related_name="answers")
    at = models.DateTimeField()
    said = models.CharField(max_length=43)  # fingerprint of what matters in it
    body = models.BinaryField()  # the Answer's JSON, zlib
    change = models.JSONField(default=list, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)  # when it was decided whom to tell; the notifier's mark
    # The days between which it said that the parcel comes, eight times in ten: kept to be judged by.
    early = models.DateField(null=True, blank=True)
    late = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        get_latest_by = "id"
        indexes = [
            models.Index(fields=["parcel", "-id"], name="answer_latest"),
            models.Index(fields=["id"], name="answer_untold", condition=models.Q(told_at=None)),
            models.Index(fields=["parcel", "id"], name="answer_band", condition=models.Q(late__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"answer {self.pk}"


class Learnt(models.Model):
    """What was learnt of delivery times on a day, from the parcels of everybody here: figures, and nobody's name."""

    day = models.DateField(unique=True)
    at = models.DateTimeField()
    said = models.CharField(max_length=43)  # fingerprint of the body
    body = models.BinaryField()  # the forecast.Model's JSON, zlib
    parcels = models.PositiveIntegerField()  # that taught anything
    judged = models.PositiveIntegerField()  # parcels that came, and by which what was told of them can be judged …
    held = models.PositiveIntegerField()  # … and of them those that came within the days told

    class Meta:
        ordering = ["-day"]
        verbose_name_plural = "learnt"

    def __str__(self) -> str:
        return f"learnt {self.day}"


class Credential(models.Model):
    """A person's key for a system. Encrypted under the key file; the names of its parts alone are readable."""

    owner = models.ForeignKey(Person, models.CASCADE, related_name="credentials")
    system = models.CharField(max_length=64)
    names = models.JSONField(default=list)
    sealed = models.BinaryField()
    made = models.DateTimeField(default=timezone.now)
    worked_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)

    objects = Owned.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "system"], name="credential_once")]

    def __str__(self) -> str:
        return f"key for {self.system}"


class Poll(models.Model):
    """When to ask a system about a number next: narrow, and the only row an unchanged answer touches.

    `next_at` is None where it is not to be asked any more. The lease says who is asking right now.
    """

    parcel = models.ForeignKey(Parcel, models.CASCADE, related_name="polls")
    carrier = models.CharField(max_length=64)
    number = models.CharField(max_length=128)
    next_at = models.DateTimeField(null=True, blank=True)
    why = models.CharField(max_length=40, blank=True)  # id of the reason for next_at
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_owner = models.CharField(max_length=32, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=32, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    said = models.CharField(max_length=64, blank=True)  # of the last answer; the same again writes nothing else

    class Meta:
        constraints = [models.UniqueConstraint(fields=["parcel", "carrier", "number"], name="poll_once")]
        indexes = [
            models.Index(fields=["carrier", "next_at"], name="poll_due"),
            models.Index(fields=["next_at"], name="poll_next", condition=models.Q(next_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.carrier} {self.number}"


class Work(StrEnum):
    """What is done with a parcel beside the pages, and may break for this one alone."""

    SETTLE = "settle"  # an answer of a system is written
    REVIEW = "review"  # it is thought over because time has passed
    TELL = "tell"  # whom to tell its news
    COMPOSE = "compose"  # the words of a message
    LEARN = "learn"  # what its times teach
    CALENDAR = "calendar"  # its entries in the calendar


class Fault(models.Model):
    """Work on a parcel that broke and is tried again later. `subject`: which of its rows, where that matters."""

    parcel = models.ForeignKey(Parcel, models.CASCADE, related_name="faults")
    work = models.CharField(max_length=16, choices=choices(Work))
    subject = models.CharField(max_length=96, blank=True)
    times = models.PositiveSmallIntegerField(default=0)  # in a row
    first = models.DateTimeField()
    last = models.DateTimeField()
    until = models.DateTimeField()  # not tried again before
    place = models.CharField(max_length=200, blank=True)  # kind of error, and where in the code

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["parcel", "work", "subject"], name="fault_once")]

    def __str__(self) -> str:
        return f"{self.work} {self.place}"


class Source(models.Model):
    """How a system has been treating us, and what of today's budget is spent: kept over a restart."""

    carrier = models.CharField(max_length=64)
    credential = models.CharField(max_length=32, blank=True)  # the person's ref, or empty for the keyless door
    day = models.DateField(null=True, blank=True)
    asked = models.PositiveIntegerField(default=0)  # requests of that day
    ready_at = models.DateTimeField(null=True, blank=True)  # the pace: the next request is not made before
    closed_until = models.DateTimeField(null=True, blank=True)
    faults = models.PositiveSmallIntegerField(default=0)
    worked_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["carrier", "credential"], name="source_once")]

    def __str__(self) -> str:
        return self.carrier


class Outbox(models.Model):
    """Something to be told. `key` makes it once: the same key is never put in twice, whatever restarts."""

    owner = models.ForeignKey(Person, models.CASCADE, related_name="outbox")
    parcel = models.ForeignKey(Parcel, models.CASCADE, null=True, blank=True, related_name="outbox")
    key = models.CharField(max_length=128)
    channel = models.CharField(max_length=64, blank=True)  # ref of the channel
    payload = models.JSONField(default=dict)
    made = models.DateTimeField(default=timezone.now)
    next_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_owner = models.CharField(max_length=32, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=200, blank=True)

    objects = Owned.as_manager()

    class Meta:
        verbose_name_plural = "outbox"
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="told_once")]
        indexes = [models.Index(fields=["next_at"], name="outbox_due")]

    def __str__(self) -> str:
        return self.key


class Reminder(models.Model):
    """A day on which the buyer is to be reminded of a step; `done` where it needs no more telling."""

    parcel = models.ForeignKey(Parcel, models.CASCADE, related_name="reminders")
    at = models.DateTimeField()
    step = models.CharField(max_length=40, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["at"]
        constraints = [models.UniqueConstraint(fields=["parcel", "at", "step"], name="reminder_once")]
        indexes = [models.Index(fields=["at"], name="reminder_due", condition=models.Q(done_at=None))]

    def __str__(self) -> str:
        return f"{self.step} {self.at:%Y-%m-%d}"


def local_as_utc(wall: dt.datetime) -> dt.datetime:
    """A wall time without zone, as the database keeps it."""
    return wall.replace(tzinfo=dt.UTC)
