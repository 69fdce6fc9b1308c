"""The rows of this room: tokens by which programs come in."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from dozor.service.parcels.models import Owned, Person, choices, new_ref

SCOPES = ("read", "write")


class Token(models.Model):
    """A program's key to one person's parcels. The key itself is shown once and kept by nobody; here is its sha256.

    A token is 256 bits of chance, so that a fast hash of it gives nothing away.
    """

    owner = models.ForeignKey(Person, models.CASCADE, related_name="tokens")
    ref = models.CharField(max_length=24, unique=True, default=new_ref)
    name = models.CharField(max_length=80)
    scope = models.CharField(max_length=8, default="read", choices=choices(SCOPES))
    sha256 = models.CharField(max_length=64, unique=True)
    made = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True, blank=True)  # to the minute: not every request is a write
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = Owned.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name
