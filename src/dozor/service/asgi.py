"""The service as an ASGI application: `granian --interface asginl dozor.service.asgi:application`."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dozor.service.settings")
application = get_asgi_application()
