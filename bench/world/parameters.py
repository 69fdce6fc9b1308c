"""The parameters of the world: rows of `world.toml`, read strictly, and the knobs that turn them."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

FILE = Path(__file__).with_name("world.toml")


class Row(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A row of the file: every one says where it is from."""

    source: str


class Figure(Row, frozen=True, kw_only=True):
    """One number."""

    id: str
    value: float


class Person(Row, frozen=True, kw_only=True):
    """A kind of buyer: `reliability` is the chance that a day's prompt is acted on."""

    id: str
    share: float
    reliability: float


class Venue(Row, frozen=True, kw_only=True):
    """A shop's rules, in days: protection from the anchor (0: by service), opening, block while moving, rescue."""

    id: str
    share: float
    anchor: str
    takes: float
    holds_money: bool
    protection: float = 0.0
    opens: float | None = None  # after shipping
    opens_after_promise: float = 0.0
    quiet: float = 0.0
    rescue: float = 0.0
    on_delivered: float | None = None


class Destination(Row, frozen=True, kw_only=True):
    """A country: factors of the stages beyond the border, hours from UTC as minutes, holidays."""

    country: str
    share: float
    post: str
    lang: str
    customs: tuple[float, float]
    delivery: float
    offset: int
    cities: tuple[str, ...]
    holidays: tuple[str, ...]
    into: float = msgspec.field(name="import")


class Service(Row, frozen=True, kw_only=True):
    """A class of service: log-normal stages, loss in each of five stages, the shop's protection and promise."""

    id: str
    words: str
    by_band: tuple[float, float, float, float, float]
    first_scan: tuple[float, float]
    export: tuple[float, float]
    delivery: tuple[float, float]
    loss: tuple[float, float, float, float, float]
    protection: float
    promised: float
    into: tuple[float, float] = msgspec.field(name="import")


class CarrierRow(Row, frozen=True, kw_only=True):
    """A carrier: shape of its numbers, what is seen beyond the border."""

    id: str
    services: tuple[str, ...]
    weight: float
    number: str
    beyond: str
    offset: int


class Seller(Row, frozen=True, kw_only=True):
    """A kind of seller: shares by band of price, and of what is done with the number."""

    id: str
    by_band: tuple[float, float, float, float, float]
    genuine: float = 0.0
    typo: float = 0.0
    late_label: float = 0.0
    not_sent: float = 0.0
    fake_sent: float = 0.0
    domestic_sent: float = 0.0
    fake_empty: float = 0.0
    recycled: float = 0.0
    label_never: float = 0.0


class Reply(Row, frozen=True, kw_only=True):
    """What is answered where something is true: weights by category, and the share that never answers."""

    when: str
    silence: float
    says: dict[str, float]


class Say(Row, frozen=True, kw_only=True):
    """Texts of a category."""

    category: str
    texts: tuple[str, ...]


class Season(Row, frozen=True, kw_only=True):
    """Days on which countries are closed, or everything takes `factor` times as long."""

    id: str
    start: dt.date
    end: dt.date
    closed: tuple[str, ...]
    factor: float


class Words(Row, frozen=True, kw_only=True):
    """How a milestone is written."""

    milestone: str
    en: str
    ru: str
    uk: str


class Parameters(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole file. `days` is the length of the period of payments, `bands` the upper prices of four bands."""

    start: dt.date
    days: int
    bands: tuple[float, ...]
    figure: tuple[Figure, ...]
    person: tuple[Person, ...]
    venue: tuple[Venue, ...]
    destination: tuple[Destination, ...]
    service: tuple[Service, ...]
    carrier: tuple[CarrierRow, ...]
    seller: tuple[Seller, ...]
    reply: tuple[Reply, ...]
    say: tuple[Say, ...]
    season: tuple[Season, ...]
    words: tuple[Words, ...]
    wrong_profiles: float = (
        0.0  # share of parcels whose carrier behaves otherwise beyond the border than it is known for
    )

    def __getitem__(self, id: str) -> float:
        """The value of a figure; KeyError for one that is not in the file."""
        for row in self.figure:
            if row.id == id:
                return row.value
        raise KeyError(id)

    def with_figures(self, **values: float) -> Parameters:
        """The same world with other figures."""
        for id in values:
            self[id]
        rows = tuple(replace(row, value=values.get(row.id, row.value)) for row in self.figure)
        return replace(self, figure=rows)


def parameters(path: Path = FILE) -> Parameters:
    """The world as the file has it. Raises msgspec.ValidationError for a file that does not say what it must."""
    data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    return msgspec.convert(data, Parameters)


def _people(factor: float) -> Callable[[Parameters], Parameters]:
    return lambda p: replace(
        p, person=tuple(replace(row, reliability=min(0.95, row.reliability * factor)) for row in p.person)
    )


def _sellers(shift: float) -> Callable[[Parameters], Parameters]:
    """Dishonest sellers `shift` times as many, at the cost of the honest."""

    def turned(p: Parameters) -> Parameters:
        others = [row for row in p.seller if row.id != "honest"]
        moved = {row.id: tuple(share * shift for share in row.by_band) for row in others}
        left = tuple(1 - sum(shares) for shares in zip(*moved.values(), strict=True))
        return replace(p, seller=tuple(replace(row, by_band=moved.get(row.id, left)) for row in p.seller))

    return turned


def _venues(days: float) -> Callable[[Parameters], Parameters]:
    return lambda p: replace(p, service=tuple(replace(row, protection=row.protection + days) for row in p.service))


def _replies(factor: float) -> Callable[[Parameters], Parameters]:
    """Sellers silent `factor` times as often, and the answers that say nothing twice as often as the rest."""
    empty = ("wait_period", "vague", "blame_external")

    def turned(p: Parameters) -> Parameters:
        rows = tuple(
            replace(
                row,
                silence=min(0.95, row.silence * factor),
                says={name: weight * (2 if name in empty else 1) for name, weight in row.says.items()},
            )
            for row in p.reply
        )
        return replace(p, reply=rows)

    return turned


KNOBS: dict[str, Callable[[Parameters], Parameters]] = {
    "none": lambda p: p,
    "lag +50 %": lambda p: p.with_figures(lag_factor=1.5),
    "sellers shifted": _sellers(2.0),
    "replies shifted": _replies(1.6),
    "profiles wrong for a fifth": lambda p: replace(p, wrong_profiles=0.2),
    "everything 30 % slower": lambda p: p.with_figures(speed_factor=1.3),
    "loss doubled": lambda p: p.with_figures(loss_factor=2.0),
    "loss halved": lambda p: p.with_figures(loss_factor=0.5),
    "people half as reliable": _people(0.5),
    "people more reliable": _people(1.5),
    "end of protection unread": lambda p: p.with_figures(end_read=0.0),
    "clock eight hours off": lambda p: p.with_figures(end_shown_late=0.33),
    "extensions thrice as often": lambda p: p.with_figures(extension_share=0.36),
    "protection 15 days shorter": _venues(-15),
    "sources down a tenth of days": lambda p: p.with_figures(source_down=0.1),
}


def perturbed(knob: str, base: Parameters | None = None) -> Parameters:
    """The world with one knob turned. KeyError for a knob that does not exist."""
    return KNOBS[knob](base or parameters())
