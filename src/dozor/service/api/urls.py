"""The addresses of this room: the interface under v1, its document, and two pages for people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, path, re_path
from ninja import NinjaAPI

from dozor import __version__
from dozor.service.api import endpoints, pages  # noqa: F401 - endpoints fills the table of operations
from dozor.service.api.document import document
from dozor.service.api.operation import OPERATIONS, Operation, perform, refused
from dozor.service.api.problems import RefusedError


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


def view_of(row: Operation) -> Callable[..., HttpResponse]:
    """The operation as Ninja calls it."""

    def plain(request: HttpRequest) -> HttpResponse:
        return perform(row, request)

    def named(request: HttpRequest, ref: str) -> HttpResponse:
        return perform(row, request, ref)

    view = named if "{ref}" in row.path else plain
    view.__name__ = row.id
    return view


methods: dict[str, list[str]] = defaultdict(list)
for row in OPERATIONS:
    methods[row.path].append(row.method)
    api.api_operation([row.method], row.path, url_name=row.id, operation_id=row.id)(view_of(row))


def elsewhere(request: HttpRequest, rest: str) -> HttpResponse:
    """An address that is none, in the form of every refusal."""
    return refused(RefusedError("not_found"))


urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.operations, name="api_operations"),
    path("tokens/", pages.tokens, name="api_tokens"),
    path("v1/", api.urls),
    re_path(r"^(?P<rest>.*)$", elsewhere),
]
