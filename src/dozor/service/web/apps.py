"""The app."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    """`dozor.service.web`."""

    name = "dozor.service.web"
    label = "web"
