"""People at the pages: they paste, watch, correct and read over real HTTP, and remember what they were told.

A request was *answered* where all of its answer came back, *cut* where it was sent and that did not happen, *shut out*
where nobody listened any more. Each parcel is one visitor's, who does one thing after the other, so what must be found
of it is known: what was answered, exactly once, and what was cut, once or not at all, but never in part.
"""

from __future__ import annotations

import contextlib
import http.client
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from dozor.service.parcels.models import Parcel

OPEN, RECEIVED = "open", "received"
PATIENCE = 40  # seconds: a page that takes longer hangs
MOST = 15  # parcels of a visitor
BOX = "{number} does not track, shipped {days} days ago, {days}.40 USD, {left} days of protection left, AliExpress"


class CutError(Exception):
    """Sent, and not answered whole."""


class ShutOutError(Exception):
    """Not sent: nobody listened."""


@dataclass
class Known:
    """A parcel, as its visitor knows it. Of what may stand, one is true: the last that was answered or a later cut."""

    number: str
    ref: str = ""  # none as long as no answer named it
    said: set[str] = field(default_factory=set)
    perhaps_said: set[str] = field(default_factory=set)
    # Each is a name, a seller, a price and an order number that belong together, later ones are greater; 0: none given.
    facts: set[int] = field(default_factory=set)
    fate: set[str] = field(default_factory=lambda: {OPEN})


class Doors:
    """Where pages are answered now, and how many requests are on their way to each."""

    def __init__(self) -> None:
        self.ports: list[int] = []
        self.busy: Counter[int] = Counter()
        self.going = threading.Event()  # whether anybody begins anything new
        self.going.set()


class Visitor(threading.Thread):
    """One of them, with a browser's cookies. `still` is held during each thing that is done, so whoever holds it looks
    at a moment between two. `failed` is what must not be.
    """

    def __init__(self, name: str, password: str, doors: Doors, place: int, seed: int) -> None:
        super().__init__(daemon=True)
        self.account, self.doors, self.chance = (name, password), doors, random.Random(seed * 100 + place)
        self.place, self.serial, self.cookies = place, 0, dict[str, str]()
        self.parcels: list[Known] = []
        self.counts: Counter[str] = Counter()
        self.still, self.enough = threading.Lock(), threading.Event()
        self.failed: BaseException | None = None

    def run(self) -> None:
        """One thing after the other until it is enough."""
        try:
            self.log_in()
            while not self.enough.is_set():
                self.doors.going.wait()
                with self.still:
                    self.something()
        except BaseException as error:
            self.failed = error

    def something(self) -> None:
        """Any of what people do; more often what changes something."""
        mine = [known for known in self.parcels if known.ref]
        if len(mine) < 3 or (len(mine) < MOST and self.chance.random() < 0.05):
            self.watch(Known(f"LP{self.place:02d}{self.number():012d}"))
            return
        known = self.chance.choice(mine)
        things = (self.say, self.correct, self.end, self.look, self.leaf, self.paste, self.watch)
        with contextlib.suppress(CutError):  # nobody knows what became of it
            self.chance.choices(things, weights=(4, 4, 3, 3, 1, 2, 1))[0](known)

    def watch(self, known: Known) -> None:
        """Keeps a parcel from the box, again until that is answered; one that is kept and open stays the same one."""
        if known.ref and known.fate != {OPEN}:
            return
        if known not in self.parcels:
            known.facts.add(0)
            self.parcels.append(known)
        text = known.number
        if not known.ref:
            text = BOX.format(number=known.number, days=self.chance.randint(2, 9), left=self.chance.randint(9, 60))
        try:
            _, where, _ = self.changed("/watch/", text=text)
        except CutError:
            if not known.ref:
                self.watch(known)
            return
        ref = where.removeprefix("/parcels/").rstrip("/")
        assert ref and "/" not in ref, f"watching led to {where!r}"
        assert known.ref in ("", ref), f"{known.number} was {known.ref} and is {ref}"
        known.ref = ref

    def say(self, known: Known) -> None:
        """The seller's reply, in words that no other has."""
        said = f"Dear friend, please wait a few days more, letter {self.place} of {self.number()}."
        known.perhaps_said.add(said)
        self.changed(f"/parcels/{known.ref}/said/", text=said, by="seller")
        known.perhaps_said.discard(said)
        known.said.add(said)
        if self.chance.random() < 0.3:
            assert said in self.page(f"/parcels/{known.ref}/"), "what was answered is not shown"

    def correct(self, known: Known) -> None:
        """Other facts, which belong together."""
        serial = self.number()
        known.facts.add(serial)
        facts = {"title": f"Lamp {serial}", "seller": f"Shop {serial}", "number": f"81{serial:014d}"}
        facts |= {"numbers": known.number, "amount": f"{serial}.50", "currency": "USD", "destination": "RU"}
        self.changed(f"/parcels/{known.ref}/facts/", **facts)
        known.facts = {serial}
        if self.chance.random() < 0.3:
            assert f"Lamp {serial}" in self.page(f"/parcels/{known.ref}/"), "a name that was answered is not shown"

    def end(self, known: Known) -> None:
        """Received, or open again after all."""
        fate = RECEIVED if known.fate == {OPEN} else OPEN
        known.fate.add(fate)
        self.changed(f"/parcels/{known.ref}/fate/", fate=fate)
        known.fate = {fate}

    def look(self, known: Known) -> None:
        """The parcel's page."""
        self.page(f"/parcels/{known.ref}/")

    def leaf(self, known: Known) -> None:
        """The list of those that are open, or of those that have ended."""
        self.page("/parcels/" + ("?over=1" if RECEIVED in known.fate else ""))

    def paste(self, known: Known) -> None:
        """Something into the box, to know at once; nothing is kept."""
        text = BOX.format(number=f"LP99{self.number():012d}", days=self.chance.randint(2, 9), left=20)
        assert "LP99" in self.page("/", text=text)

    def number(self) -> int:
        """Another one each time, and of no other visitor."""
        self.serial += 1
        return self.serial * 100 + self.place

    # --- requests ----------------------------------------------------------------------------------------

    def page(self, path: str, **form: str) -> str:
        """A page that is read; one that is cut is read again."""
        while True:
            try:
                status, where, page = self.asked(path, form)
            except CutError:
                self.counts["pages cut"] += 1
                continue
            assert status == 200, f"{path}: {status} {where}"
            self.counts["pages"] += 1
            return page

    def changed(self, path: str, **form: str) -> tuple[int, str, str]:
        """A change: what came back. Raises CutError."""
        try:
            answer = self.asked(path, form)
        except CutError:
            self.counts["changes cut"] += 1
            raise
        status, where, page = answer
        assert status == 302 and "/accounts/" not in where, f"{path}: {status} {where} {page[-2000:]}"
        self.counts["changes"] += 1
        return answer

    def asked(self, path: str, form: dict[str, str]) -> tuple[int, str, str]:
        """Status, where it leads to, page. Raises CutError; whoever is shut out goes to the next door."""
        while True:
            try:
                return self._asked(path, form)
            except ShutOutError:
                self.counts["shut out"] += 1
                time.sleep(0.01)

    def _asked(self, path: str, form: dict[str, str]) -> tuple[int, str, str]:
        try:
            port = self.chance.choice(self.doors.ports)
        except IndexError:
            raise ShutOutError from None
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            line.connect()
        except OSError:
            raise ShutOutError from None
        self.doors.busy[port] += 1
        try:
            head = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
            if form:
                head["Content-Type"] = "application/x-www-form-urlencoded"
                form = {**form, "csrfmiddlewaretoken": self.cookies.get("csrftoken", "")}
            line.request("POST" if form else "GET", path, urlencode(form) if form else None, head)
            answer = line.getresponse()
            page = answer.read().decode()
        except TimeoutError:
            raise AssertionError(f"{path} was not answered in {PATIENCE} s") from None
        except (OSError, http.client.HTTPException):
            raise CutError from None
        finally:
            self.doors.busy[port] -= 1
            line.close()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
                if not self.cookies[key].strip('"'):
                    del self.cookies[key]
        return answer.status, answer.getheader("Location") or "", page

    def log_in(self) -> None:
        """By the form."""
        while "sessionid" not in self.cookies:
            try:
                self.asked("/accounts/login/", {})
                name, password = self.account
                self.asked("/accounts/login/", {"login": name, "password": password})
            except CutError:
                continue


def found(visitors: list[Visitor]) -> int:
    """What the database holds of all that they did, between two things that anybody does. Raises AssertionError where it
    is not what they were told, whole and once; how many corrections and replies that were cut are seen to be there.
    From then on these have to stay.
    """
    from dozor.service.parcels.models import Message, Number

    there = dict[str, list[Number]]()
    for row in Number.objects.select_related("parcel", "parcel__order"):
        there.setdefault(row.number, []).append(row)
    messages = dict[str, Counter[str]]()
    for number, text in Message.objects.values_list("parcel__numbers__number", "text"):
        messages.setdefault(number, Counter())[text] += 1
    done = 0
    for known in [known for visitor in visitors for known in visitor.parcels]:
        rows = there.pop(known.number, [])
        assert len(rows) == 1 or not (rows or known.ref), f"{known.number} is there {len(rows)} times"
        for row in rows:
            assert known.ref in ("", row.parcel.ref), f"{known.number} is another parcel"
            done += _as_told(known, row.parcel)
        said = messages.get(known.number, Counter())
        assert known.said <= said.keys(), f"lost: {known.said - said.keys()}"
        assert said.keys() <= known.said | known.perhaps_said, f"nobody said {said.keys()}"
        assert set(said.values()) <= {1}, f"said twice: {said}"
        kept = said.keys() & known.perhaps_said
        known.said, known.perhaps_said, done = known.said | kept, known.perhaps_said - kept, done + len(kept)
    assert not there, f"nobody watches {there}"
    _whole()
    return done


def _as_told(known: Known, row: Parcel) -> bool:
    """The facts of one correction, all of them, and one end; whether that correction was cut."""
    serial = int(row.title.removeprefix("Lamp ") or 0)
    assert serial in known.facts, f"{known.number}: {serial} of {known.facts}"
    if serial:
        facts = (row.order.seller, row.order.number, row.order.price_minor)
        assert facts == (f"Shop {serial}", f"81{serial:014d}", serial * 100 + 50), f"half of {serial}: {facts}"
    assert row.fate in known.fate, f"{known.number}: {row.fate} of {known.fate}"
    over = row.fate == RECEIVED
    assert (row.order.received is True, row.ended is not None) == (over, over), f"half {row.fate}"
    cut = serial > min(known.facts)
    known.facts = {each for each in known.facts if each >= serial}
    return cut


def _whole() -> None:
    """No half of anything. Each question is one statement, since watch and notifier go on meanwhile."""
    from dozor.service.parcels.models import Fate, Order, Parcel, Poll

    for part in ("polls", "answers", "numbers"):
        assert not Parcel.objects.filter(**{part: None}).exists(), f"a parcel without {part}"
    assert not Order.objects.filter(parcels=None).exists(), "an order without its parcel"
    open_ = Parcel.objects.filter(fate=Fate.OPEN)
    assert not open_.filter(review_at=None).exists(), "a parcel that nobody will think over again"
    assert not Poll.objects.filter(parcel__fate=Fate.OPEN, next_at=None).exists(), "nobody will ask about it again"
    over = Poll.objects.exclude(parcel__fate=Fate.OPEN).exclude(next_at=None)
    assert not over.exists(), "asked about although it has ended"
