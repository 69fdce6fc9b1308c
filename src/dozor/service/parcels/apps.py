"""The app."""

from __future__ import annotations

from django.apps import AppConfig


class ParcelsConfig(AppConfig):
    """`dozor.service.parcels`."""

    name = "dozor.service.parcels"
    label = "parcels"
