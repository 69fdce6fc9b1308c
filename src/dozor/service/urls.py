"""Which address leads to which room. A room has its own urls.py; the door of each is one line here."""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from dozor.service import health

# Its own login knows of no second factor and counts no wrong passwords: one door leads to everything.
admin.site.login = secure_admin_login(admin.site.login)

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
