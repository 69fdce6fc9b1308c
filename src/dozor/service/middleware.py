"""What every answer of the service carries: headers that forbid the rest of the world, files, the person's language."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from whitenoise.middleware import WhiteNoiseMiddleware

from dozor.service.language import djangos

Answerer = Callable[[HttpRequest], HttpResponse]

POLICY = {
    "default-src": "'self'",
    "img-src": "'self' data:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
CSP = "; ".join(f"{name} {value}" for name, value in POLICY.items())
PERMISSIONS = "camera=(self), geolocation=(), microphone=(), payment=(), usb=()"


class Headers:
    """No third party, no inline script or style, no frame, no index of a search engine; private pages stay uncached."""

    def __init__(self, get_response: Answerer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer, its headers set where the view set none."""
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", CSP)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("X-Robots-Tag", "noindex, nofollow")
        response.headers.setdefault("X-Frame-Options", "DENY")
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response


class Files(WhiteNoiseMiddleware):
    """Static files, whole in one piece: an asynchronous server need not pump a file of some kilobytes."""

    @staticmethod
    def serve(static_file: object, request: HttpRequest) -> HttpResponse:
        """The file as a plain response."""
        streamed = WhiteNoiseMiddleware.serve(static_file, request)
        headers = dict(streamed.items())
        body = b"".join(streamed.streaming_content) if streamed.streaming else streamed.content
        streamed.close()
        return HttpResponse(body, status=streamed.status_code, headers=headers)


class OwnLanguage:
    """Pages speak the language that the person chose, and show times in their zone."""

    def __init__(self, get_response: Answerer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer, in the person's language and zone where somebody is logged in."""
        if not request.user.is_authenticated:
            return self.get_response(request)
        from dozor.service.parcels.people import person_of, zone_of

        person = person_of(request.user)
        request.person = person
        request.LANGUAGE_CODE = djangos(person.lang)
        with translation.override(request.LANGUAGE_CODE), timezone.override(zone_of(person)):
            return self.get_response(request)


class Sealed:
    """Where a stored secret does not open, the page says so and what to do, instead of that something broke."""

    def __init__(self, get_response: Answerer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The answer."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """The page, for a second factor whose key file is lost or another one."""
        from django.shortcuts import render

        from dozor.service.parcels.secrets import SealError

        if not isinstance(error, SealError):
            return None
        logging.getLogger(__name__).error("%s", error)
        return render(request, "sealed.html", status=503)
