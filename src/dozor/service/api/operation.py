"""What one operation is, and how a request passes through it: who asks, how often, what is sent, what comes back.

Operations are written with `@operation(…)` in `endpoints`; `document` makes OpenAPI of the same rows. Requests prove
themselves by a token in a header, never by a cookie, so that no page elsewhere can send one in somebody's name.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from functools import cache
from typing import Any, Literal

import msgspec
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from msgspec import UNSET, Struct, UnsetType

from dozor import knowledge
from dozor.i18n import rendered
from dozor.service import limits
from dozor.service.api import tokens
from dozor.service.api.forms import DAY, INSTANT, WALL
from dozor.service.api.models import Token
from dozor.service.api.problems import RefusedError, answered
from dozor.service.language import current
from dozor.service.parcels.actions import order_of, parcel_of
from dozor.service.parcels.mapping import TooLongError
from dozor.service.parcels.models import Order, Parcel, Person

JSON = "application/json"
WORDS = {DAY: "a day like 2026-11-24", WALL: "a wall time like 2026-11-24T12:00:00"}
WORDS[INSTANT] = "an instant like 2026-11-24T12:00:00Z"


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """limits.toml."""

    source: str
    most_bytes: int
    stranger_share: float
    refusals_share: float


@cache
def table() -> Limits:
    """How much one visitor may ask for."""
    return knowledge.document("service/api", "limits.toml", Limits)


class Call(Struct, frozen=True):
    """One request that was let in. `body` and `query` are of the types that the operation reads."""

    request: HttpRequest
    now: dt.datetime
    lang: str
    person: Person | None
    query: Any = None
    body: Any = None
    named: Parcel | Order | None = None

    @property
    def owner(self) -> Person:
        """The person of an operation that wants a token."""
        assert self.person is not None
        return self.person

    @property
    def its(self) -> Parcel:
        """The parcel of an operation that names one in its address."""
        assert isinstance(self.named, Parcel)
        return self.named

    @property
    def order(self) -> Order:
        """The order of an operation that names one in its address."""
        assert isinstance(self.named, Order)
        return self.named


class Sent(Struct, frozen=True):
    """What comes back, where it is not plain 200."""

    body: Any
    status: int = 200
    headers: dict[str, str] = {}


class Operation(Struct, frozen=True):
    """An operation. `given` is the bounded form of its body, `body` the type it then becomes."""

    method: str
    path: str
    summary: str
    run: Callable[[Call], Any]
    answers: dict[int, Any]
    query: type[Struct] | None = None
    given: Any = None
    body: Any = None
    open: bool = False  # answered without a token, too
    conflicts: bool = False

    @property
    def id(self) -> str:
        """Its name in the document."""
        return self.run.__name__

    @property
    def about(self) -> Literal["parcel", "order"]:
        """What a `ref` of it names."""
        return "order" if self.path.startswith("/orders") else "parcel"

    @property
    def writes(self) -> bool:
        """Whether it changes anything that is kept."""
        return self.method != "GET" and not self.open

    @property
    def problems(self) -> tuple[str, ...]:
        """The ids of all refusals that it knows."""
        found = ["token_refused", "too_many"] if self.open else ["token_missing", "token_refused", "too_many"]
        found += ["read_only"] if self.writes else []
        found += ["not_found"] if "{ref}" in self.path else []
        found += ["malformed", "too_large", "media_type"] if self.given else []
        found += ["conflict"] if self.conflicts else []
        return (*found, "invalid", "failed")


class Speaking(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every operation whose answer has sentences may be asked with."""

    lang: Literal["en", "ru", "uk", "zh"] | UnsetType = UNSET  # dozor.i18n.LANGUAGES; a test compares them


OPERATIONS: list[Operation] = []


def operation(method: str, path: str, summary: str, **more: Any) -> Callable[[Callable[[Call], Any]], Operation]:
    """Makes an operation of a function and puts it into the table of all."""

    def decorate(run: Callable[[Call], Any]) -> Operation:
        made = Operation(method, path, summary, run, **more)
        OPERATIONS.append(made)
        return made

    return decorate


def perform(row: Operation, request: HttpRequest, ref: str | None = None) -> HttpResponse:
    """The answer to a request. Raises RefusedError."""
    now = timezone.now()
    token = let_in(row, request, now)
    person = token.owner if token else None
    query = read_query(row, request)
    lang = getattr(query, "lang", UNSET) or (person.lang if person else current())
    named = find(row, person, ref) if person and ref is not None else None
    body = read_body(row, request) if row.given else None
    call = Call(request, now, lang, person, query, body, named)
    try:
        done = row.run(call)
    except TooLongError as error:
        raise RefusedError("invalid", what=f"{error}.") from None
    sent = done if isinstance(done, Sent) else Sent(done, min(row.answers))
    content = b"" if sent.body is None else msgspec.json.encode(rendered(sent.body, lang))
    return HttpResponse(
        content, status=sent.status, content_type=JSON, headers={**sent.headers, "Cache-Control": "no-store"}
    )


def let_in(row: Operation, request: HttpRequest, now: dt.datetime) -> Token | None:
    """Whoever asks: a token, or a stranger where the operation is open to them. Raises RefusedError."""
    page = reverse("api_tokens")
    words = request.headers.get("Authorization", "").split(None, 1)
    rate, address = settings.CONFIG.api_rate, limits.address(request)
    if not words:
        if not row.open:
            raise RefusedError("token_missing", headers={"WWW-Authenticate": "Bearer"}, tokens=page)
        count("api-stranger", address, rate * table().stranger_share)
        return None
    token = tokens.known(words[1].strip(), now) if len(words) == 2 and words[0].lower() == "bearer" else None
    if token is None:
        count("api-refused", address, rate * table().refusals_share)
        raise RefusedError("token_refused", headers={"WWW-Authenticate": 'Bearer error="invalid_token"'}, tokens=page)
    count("api", token.ref, rate)
    if row.writes and token.scope != "write":
        raise RefusedError("read_only", tokens=page)
    return token


def count(name: str, who: str, rate: float) -> None:
    """Counts a request. Raises RefusedError over the rate (requests a minute)."""
    wait = limits.seconds_left(name, who, max(1, round(rate)), 60)
    if wait:
        raise RefusedError("too_many", headers={"Retry-After": str(wait)}, seconds=wait)


def find(row: Operation, person: Person, ref: str) -> Parcel | Order:
    """The person's own parcel or order. Raises RefusedError for any other, as for none."""
    try:
        return order_of(person, ref) if row.about == "order" else parcel_of(person, ref)
    except (Parcel.DoesNotExist, Order.DoesNotExist, ValueError):
        raise RefusedError("not_found") from None


def read_query(row: Operation, request: HttpRequest) -> Any:
    """What stands behind the question mark, each name once. Raises RefusedError."""
    given = dict(request.GET.lists())
    for name, values in given.items():
        if len(values) > 1:
            raise RefusedError("invalid", what=f"`{name}` is given {len(values)} times: give it once.")
    form = row.query or Nothing
    try:
        return msgspec.convert({name: values[0] for name, values in given.items()}, form, strict=False)
    except msgspec.ValidationError as error:
        raise RefusedError("invalid", what=f"In the address: {plain(error)}.") from None


class Nothing(Struct, frozen=True, forbid_unknown_fields=True):
    """No query at all."""


def read_body(row: Operation, request: HttpRequest) -> Any:
    """The body as the operation reads it. Raises RefusedError."""
    if request.content_type != JSON:
        raise RefusedError("media_type", headers={"Accept": JSON}, types=JSON)
    most = table().most_bytes
    try:
        raw = request.body
    except RequestDataTooBig:
        raise RefusedError("too_large", most=most) from None
    if len(raw) > most:
        raise RefusedError("too_large", most=most)
    try:
        sent = whole(msgspec.json.decode(raw))
        msgspec.convert(sent, row.given)  # within the bounds that the document names …
        return msgspec.convert(sent, row.body)  # … and then as it is meant
    except msgspec.ValidationError as error:
        raise RefusedError("invalid", what=f"{plain(error)}.") from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise RefusedError("malformed", what=f"{error}.") from None


def whole(value: Any) -> Any:
    """JSON knows no integers: 3.0 is 3, and is read as such wherever an integer is wanted."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: whole(part) for name, part in value.items()}
    return [whole(part) for part in value] if isinstance(value, list) else value


def plain(error: Exception) -> str:
    """What msgspec found, in words: a pattern is named by what it stands for."""
    found = str(error)
    for pattern, words in WORDS.items():
        found = found.replace(f"`str` matching regex {f'^{pattern}$'!r}", words)
    return re.sub(r"\s+", " ", found)


def refused(error: RefusedError) -> HttpResponse:
    """A refusal as an answer."""
    response = answered(error)
    response.headers["Cache-Control"] = "no-store"
    return response
