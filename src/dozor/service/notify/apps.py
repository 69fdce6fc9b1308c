"""The app."""

from __future__ import annotations

from django.apps import AppConfig


class NotifyConfig(AppConfig):
    """`dozor.service.notify`."""

    name = "dozor.service.notify"
    label = "notify"
