"""EMS Cooperative's page: a table of events, oldest first. See README.md."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from selectolax.lexbor import LexborHTMLParser

from dozor.carriers.base.protocol import Ask, Response
from dozor.carriers.base.reading import words
from dozor.carriers.base.shape import Shaped
from dozor.model import Event, Moment, Outcome, OutcomeKind, Place, Report

TIMES = ("%b %d, %Y %I:%M %p", "%b %d, %Y, %I:%M %p")


class Ems(Shaped):
    """Keyless; one EMS number a request."""

    def __init__(self) -> None:
        super().__init__("ems")

    def read(self, response: Response, asks: Sequence[Ask], now: dt.datetime) -> tuple[Report, ...]:
        """The rows of the table; its two ways to say no."""
        page, id, number = LexborHTMLParser(response.body), self.system.id, asks[0].number
        wrong = page.css_first("ul.error")
        if wrong is not None:
            return (Report(id, number, Outcome(OutcomeKind.NOT_THEIRS, words(wrong.text()))),)
        if page.css_first("td.no-results-found") is not None:
            return (Report(id, number, Outcome(OutcomeKind.UNKNOWN_NUMBER, "no results")),)
        table = page.css_first("table.result-table")
        if table is None:
            raise ValueError("no table in the page")
        events, problems = [], []
        for row in table.css("tbody tr"):
            cells = [words(cell.text(strip=True)) for cell in row.css("td")]
            when = _moment(cells[0]) if len(cells) >= 2 else None
            if when is None:
                problems.append(f"an event that could not be read: {words(row.text())[:120]}")
                continue
            place = Place(text=cells[2]) if len(cells) > 2 and cells[2] else None
            told = Event(text=cells[1], when=when, lang="en", code=cells[1], system=id, place=place, number=number)
            events.append(self.statuses.event(told))
        kind = OutcomeKind.FOUND if events else OutcomeKind.KNOWN_WITHOUT_EVENTS
        unknown = self.statuses.unknown(events)
        return (
            Report(id, number, Outcome(kind), events=tuple(events), problems=tuple(problems), unknown_codes=unknown),
        )


def _moment(text: str) -> Moment | None:
    for form in TIMES:
        try:
            return Moment(dt.datetime.strptime(text, form))  # noqa: DTZ007 (wall time)
        except ValueError:
            continue
    return None
