"""The one way to the network: bounded in time, size, redirects; TLS verified; secrets only in the request itself."""

from __future__ import annotations

import ssl
from types import TracebackType
from urllib.parse import urljoin, urlsplit

import aiohttp
import stamina

from dozor import __version__
from dozor.carriers.base.protocol import Request, Response, System
from dozor.model import Outcome, OutcomeKind

AGENT = f"Dozor/{__version__} (self-hosted parcel watch; +https://github.com/dozor/dozor)"
REDIRECTS = 3
ATTEMPTS = 2
TRANSIENT = (aiohttp.ClientConnectionError, TimeoutError)


class TooLongError(ValueError):
    """An answer larger than its system's limit (decompressed, so that a small bomb counts as what it becomes)."""


class Transport:
    """An async context manager that fetches responses. `base_urls` puts other addresses in place of systems' own."""

    def __init__(self, base_urls: dict[str, str] | None = None) -> None:
        self.base_urls = base_urls or {}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Transport:
        self._session = aiohttp.ClientSession(
            headers={"User-Agent": AGENT, "Accept-Encoding": "gzip, deflate"},
            connector=aiohttp.TCPConnector(limit=20, limit_per_host=4, ssl=ssl.create_default_context()),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def fetch(self, system: System, request: Request) -> Response:
        """What a system answers; a fault of the way is a Response with a `problem`, never an exception."""
        url = request.url
        if system.id in self.base_urls:
            url = url.replace(system.base, self.base_urls[system.id].rstrip("/"), 1)
        try:
            async for attempt in stamina.retry_context(on=TRANSIENT, attempts=ATTEMPTS, timeout=system.timeout):
                with attempt:
                    return await self._once(system, request, url)
        except TooLongError as error:
            return _failed(url, OutcomeKind.CHANGED, str(error))
        except TimeoutError:
            return _failed(url, OutcomeKind.UNREACHABLE, f"no answer within {system.timeout:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return _failed(url, OutcomeKind.UNREACHABLE, type(error).__name__)
        raise AssertionError("unreachable: the retry context returns or raises")

    async def _once(self, system: System, request: Request, url: str) -> Response:
        assert self._session is not None, "use Transport as an async context manager"
        hosts = {*system.hosts, urlsplit(url).hostname}
        query: tuple[tuple[str, str], ...] | None = request.query
        for _ in range(REDIRECTS + 1):
            async with self._session.request(
                request.method,
                url,
                params=query or None,
                data=request.body,
                headers={**request.headers, **request.secret},
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=system.timeout),
            ) as answer:
                target = answer.headers.get("Location")
                if answer.status in (301, 302, 303, 307, 308) and target:
                    url, query = urljoin(url, target), None
                    if urlsplit(url).hostname not in hosts:
                        return _failed(url, OutcomeKind.CHANGED, "redirected to a foreign host")
                    continue
                body = await _bounded(answer, system.max_bytes)
                headers = {name.lower(): value for name, value in answer.headers.items()}
                cookies = {name: morsel.value for name, morsel in answer.cookies.items()}
                return Response(answer.status, body, headers, url, cookies=cookies)
        return _failed(url, OutcomeKind.CHANGED, "too many redirects")


async def _bounded(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    parts, size = [], 0
    async for part in answer.content.iter_chunked(65_536):
        size += len(part)
        if size > limit:
            raise TooLongError(f"the answer is longer than {limit} bytes")
        parts.append(part)
    return b"".join(parts)


def _failed(url: str, kind: OutcomeKind, detail: str) -> Response:
    return Response(0, url=url, problem=Outcome(kind, detail))
