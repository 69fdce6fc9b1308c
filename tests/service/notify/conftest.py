"""A real mail server and a real receiver on the loopback, and a parcel of which there is news."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from msgspec.structs import replace

from dozor.model import Dossier, Event, Milestone, Moment, Order, Outcome, OutcomeKind, Place, Report
from dozor.service.notify import channels
from dozor.service.notify.loop import Notifier
from dozor.service.parcels import actions
from dozor.service.parcels.models import Parcel, Person
from tests.service.conftest import NOW
from tests.service.mailserver import Mailbox, mailing

DAY = dt.timedelta(days=1)


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    """A mail server; the service sends over it."""
    with mailing() as box:
        settings.CONFIG = replace(settings.CONFIG, smtp_url=box.url, mail_from="dozor@example.org")
        settings.DEFAULT_FROM_EMAIL = "Dozor <dozor@example.org>"
        # pytest-django puts a mailbox of its own in place of the real way out.
        settings.EMAIL_BACKEND = "dozor.service.mail.Backend"
        yield box


class Receiver:
    """A service that takes JSON; `refuse` makes it answer with these states first."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.refuse: list[int] = []
        self.tries = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.tries += 1
                body = self.rfile.read(int(self.headers["Content-Length"]))
                state = outer.refuse.pop(0) if outer.refuse else 200
                if state == 200:
                    outer.taken.append(json.loads(body))
                self.send_response(state)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *words: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"json://127.0.0.1:{self.server.server_address[1]}/news"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    """A receiver on the loopback; addresses of the private network are allowed."""
    found = Receiver()
    settings.CONFIG = replace(settings.CONFIG, private_urls=True)
    yield found
    found.server.shutdown()


def tell(at: dt.datetime = NOW) -> None:
    """Everything that is to be told at an instant."""
    import asyncio

    asyncio.run(Notifier(lambda: at).until_idle())


def bought(person: Person, title: str = "Lamp", number: str = "RB740193524CN") -> Parcel:
    """A parcel on its way, its protection ending in thirty days."""
    order = Order(
        marketplace="aliexpress", destination="RU", shipped=(NOW - 20 * DAY).date(), protection_end=NOW + 30 * DAY
    )
    return actions.add_dossier(person, Dossier(numbers=(number,), order=order), NOW, title=title)


def moves(parcel: Parcel, milestone: Milestone, at: dt.datetime, text: str = "scan") -> None:
    """The carrier tells of another scan."""
    number = parcel.numbers.get(given=True).number
    reports = actions.mapping.read_dossier(parcel).reports
    old = [event for report in reports for event in report.events]
    when = Moment((at - dt.timedelta(hours=2)).replace(tzinfo=None), 0)
    event = Event(text, when, system="upu", milestone=milestone, decided_by="code", place=Place(country="RU"))
    report = Report("upu", number, Outcome(OutcomeKind.FOUND), at, (*old, event))
    actions.record_reports(parcel, [report], at)


def mail(person: Person, address: str = "anna@example.org") -> Any:
    """An address for mail."""
    return channels.add(person, address, NOW)
