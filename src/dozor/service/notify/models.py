"""What only this room knows: where somebody wants to be told, when, and of which parcels not."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from dozor.service.parcels.models import Owned, Parcel, Person, new_ref

MAIL, APPRISE = "mail", "apprise"
MATTERS, EVERYTHING = "matters", "everything"


class Channel(models.Model):
    """A way to reach somebody. The address is a secret: encrypted; `hint` shows as much of it as may be read."""

    owner = models.ForeignKey(Person, models.CASCADE, related_name="channels")
    ref = models.CharField(max_length=24, unique=True, default=new_ref)
    kind = models.CharField(max_length=8, choices=[(MAIL, MAIL), (APPRISE, APPRISE)])
    sealed = models.BinaryField()
    mark = models.CharField(max_length=43)  # fingerprint of the address: the same one is added once
    hint = models.CharField(max_length=200, blank=True)
    made = models.DateTimeField(default=timezone.now)
    worked_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=40, blank=True)  # id of a sentence: notify.problem.…

    objects = Owned.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["owner", "mark"], name="channel_once")]

    def __str__(self) -> str:
        return f"channel {self.ref}"


class Habits(models.Model):
    """How somebody wants to be told. Times are of the person's own zone; the calendar's token is found by its hash."""

    owner = models.OneToOneField(Person, models.CASCADE, related_name="habits")
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_to = models.TimeField(null=True, blank=True)
    digest_at = models.TimeField(null=True, blank=True)  # None: told at once
    detail = models.CharField(max_length=12, default=MATTERS, choices=[(MATTERS, MATTERS), (EVERYTHING, EVERYTHING)])
    calendar_hash = models.CharField(max_length=64, null=True, blank=True, unique=True)
    calendar_sealed = models.BinaryField(null=True, blank=True)  # the token, to be shown to its owner again

    class Meta:
        verbose_name_plural = "habits"

    def __str__(self) -> str:
        return f"habits of {self.owner_id}"


class Mute(models.Model):
    """A parcel of which nothing is told."""

    parcel = models.OneToOneField(Parcel, models.CASCADE, related_name="mute")
    made = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"mute of {self.parcel_id}"
