"""The app."""

from __future__ import annotations

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """`dozor.service.api`."""

    name = "dozor.service.api"
    label = "api"
