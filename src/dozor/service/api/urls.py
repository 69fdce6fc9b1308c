"""The addresses of this room: the interface under v1, its document, and two pages for people."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path, re_path
from django.views import defaults
from ninja import NinjaAPI

from dozor import __version__
from dozor.service.api import endpoints, orders, pages  # noqa: F401 - two of them fill the table of operations
from dozor.service.api.document import ROOT, document
from dozor.service.api.operation import OPERATIONS, Operation, perform, refused
from dozor.service.api.problems import RefusedError

log = logging.getLogger("dozor.api")


class Interface(NinjaAPI):
    """Ninja routes and describes; what is read and written is told by the table of operations."""

    def get_openapi_schema(self, **_: Any) -> dict[str, Any]:  # type: ignore[override]
        """Our document."""
        return document()


api = Interface(title="Dozor", version=__version__, docs_url=None, urls_namespace="dozor-api")


@api.exception_handler(RefusedError)
def refuse(request: HttpRequest, error: RefusedError) -> HttpResponse:
    """A refusal in its one form."""
    return refused(error)


@api.exception_handler(Exception)
def fail(request: HttpRequest, error: Exception) -> HttpResponse:
    """A defect, in the form of every refusal; what it was stands in the log alone."""
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return refused(RefusedError("failed"))


def view_of(row: Operation) -> Callable[..., HttpResponse]:
    """The operation as Ninja calls it."""

    def plain(request: HttpRequest) -> HttpResponse:
        return perform(row, request)

    def named(request: HttpRequest, ref: str) -> HttpResponse:
        return perform(row, request, ref)

    view = named if "{ref}" in row.path else plain
    view.__name__ = row.id
    return view


for row in OPERATIONS:
    api.api_operation([row.method], row.path, url_name=row.id, operation_id=row.id)(view_of(row))


class InOneForm:
    """Ninja refuses methods in a form of its own; here it is that of every refusal."""

    def __init__(self, view: Callable[..., HttpResponse]) -> None:
        self.view = view

    def __call__(self, request: HttpRequest, **words: Any) -> HttpResponse:
        """The answer."""
        answer = self.view(request, **words)
        if answer.status_code != 405:
            return answer
        allowed = ", ".join(sorted(name.strip() for name in answer.headers["Allow"].split(",")))
        return refused(RefusedError("method", headers={"Allow": allowed}, allowed=allowed))


def server_error(request: HttpRequest) -> HttpResponse:
    """What fails before it comes to an operation: in the form of every refusal for programs, as a page for people."""
    if request.path.startswith(ROOT + "/"):
        return refused(RefusedError("failed"))
    return defaults.server_error(request)


def elsewhere(request: HttpRequest, rest: str) -> HttpResponse:
    """An address that is none, in the form of every refusal."""
    return refused(RefusedError("not_found"))


interface: Any = api.urls
for door in interface[0]:
    wrapped = InOneForm(door.callback)
    wrapped.csrf_exempt = True  # type: ignore[attr-defined]  # a token in a header is no cookie
    door.callback = wrapped

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.operations, name="api_operations"),
    path("tokens/", pages.tokens, name="api_tokens"),
    path("v1/", interface),
    re_path(r"^(?P<rest>.*)$", elsewhere),
]
