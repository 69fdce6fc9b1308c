"""The app."""

from __future__ import annotations

from django.apps import AppConfig


class WatchConfig(AppConfig):
    """`dozor.service.watch`."""

    name = "dozor.service.watch"
    label = "watch"
