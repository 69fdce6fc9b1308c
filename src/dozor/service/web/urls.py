"""The addresses of this room."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from dozor.service.web.views import check

urlpatterns: list[URLPattern | URLResolver] = [
    path("", check.check, name="check"),
]
