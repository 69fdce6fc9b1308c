"""The app."""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import AppConfig

from dozor.service import health


class WebConfig(AppConfig):
    """`dozor.service.web`."""

    name = "dozor.service.web"
    label = "web"

    def ready(self) -> None:
        """Its figures stand among those of the service."""
        if figures not in health.MORE:
            health.MORE.append(figures)


def figures() -> Iterator[health.Figure]:
    """How many letters lie ready."""
    from dozor.service.web import written

    letters = float(len(written.shelf().until()))
    yield "dozor_letters_written", "gauge", "Letters about parcels that lie ready in this process.", [("", letters)]
