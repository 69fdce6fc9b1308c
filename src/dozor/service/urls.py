"""Which address leads to which room. A room has its own urls.py; the door of each is one line here."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from dozor.service import health

handler500 = "dozor.service.api.urls.server_error"

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("api/", include("dozor.service.api.urls")),
    path("", include("dozor.service.notify.urls")),
    path("", include("dozor.service.web.urls")),
]
