"""What is true and what the buyer can see, at any instant: for all orders at once, or one order as a `Dossier`."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from bench.world import draw
from bench.world.draw import (
    ACCEPT,
    ADDRESS,
    CATEGORIES,
    CUSTOMS,
    DELIVERED,
    HELD,
    INF,
    LABEL,
    LANDED,
    LEFT,
    OFFICE,
    PICKUP,
    RELEASED,
    RETURN,
    RETURNED,
    SEIZED,
    SLOTS,
    Bools,
    Floats,
    Ints,
    Mode,
    World,
)
from bench.world.numbers import number_of, order_number_of, wrong_digit

from dozor.model import (
    Alias,
    CauseId,
    Dispute,
    Dossier,
    Event,
    Message,
    Moment,
    Money,
    Order,
    Outcome,
    OutcomeKind,
    Place,
    Report,
)

CAUSES = tuple(CauseId)
CODE = {cause: place for place, cause in enumerate(CAUSES)}
ORIGIN_CITIES = ("Guangzhou", "Shenzhen", "Yiwu", "Shanghai")
OTHER_COUNTRIES = ("CA", "FR", "IL", "US")
AGGREGATOR = "17track"
FOUND, UNKNOWN = Outcome(OutcomeKind.FOUND), Outcome(OutcomeKind.UNKNOWN_NUMBER)
EMPTY, DOWN = Outcome(OutcomeKind.KNOWN_WITHOUT_EVENTS), Outcome(OutcomeKind.UNREACHABLE)
MOVES = np.arange(len(SLOTS)) != LABEL


@dataclass(frozen=True)
class Seen:
    """What can be read of every order at one instant. `slot` is -1 where no movement is shown."""

    slot: Ints  # the last scan of a movement, index into SLOTS
    since: Floats  # its time; the declared shipping where there is none
    label: Bools  # a label is shown
    delivered: Bools  # a delivered scan is shown
    foreign: Bools  # the history contradicts the purchase: older than the payment, or in another country
    asked: Bools  # the seller has been asked
    reply: Ints  # his answer as index into CATEGORIES, -1: none yet
    received: Bools  # the goods are in hand


def seen_at(w: World, t: Floats | float) -> Seen:
    """Everything visible at `t`: days since the start of the world, one instant for all or one an order."""
    t = np.broadcast_to(np.asarray(t, float), w.n)
    shown = (w.seen <= t[:, None]) & MOVES
    times = np.where(shown, w.scan, -INF)
    slot = times.argmax(1)
    since = times[np.arange(w.n), slot]
    none = ~np.isfinite(since)
    foreign = (w.foreign == 1) & shown[:, LANDED:].any(1) | (np.where(shown, w.scan, INF).min(1) < w.paid - 1)
    return Seen(
        slot=np.where(none, -1, slot),
        since=np.where(none, w.shipped, since),
        label=w.seen[:, LABEL] <= t,
        delivered=shown[:, DELIVERED],
        foreign=foreign,
        asked=w.asked_at <= t,
        reply=np.where(w.replied_at <= t, w.reply, -1),
        received=w.arrives <= t,
    )


def end_at(w: World, t: Floats | float) -> Floats:
    """The end of protection as the shop has it at `t`: extended, or cut by a delivered scan."""
    end = w.end + np.where(w.extended_at <= t, w.extension, 0.0)
    cut = np.array([INF if row.on_delivered is None else row.on_delivered for row in w.parameters.venue])[w.venue]
    done = w.seen[:, DELIVERED]
    # What was delivered before this order was shipped is another parcel's: the shop counts nothing from it.
    return np.where((done <= t) & (done >= w.shipped), np.minimum(end, done + cut), end)


def causes(w: World, t: float) -> Ints:
    """The true cause of each order at `t`, as index into CAUSES (every CauseId, in the order of the model)."""
    scanned = w.scan <= t
    shown = w.seen <= t
    last = np.where(scanned & MOVES, w.scan, -INF)
    slot = np.where(np.isfinite(last.max(1)), last.argmax(1), -1)
    moved = slot >= ACCEPT
    visible = (shown & MOVES).any(1)
    result = np.full(w.n, CODE[CauseId.SILENT_BUT_NORMAL])

    def put(where: Bools, cause: CauseId) -> None:
        result[where] = CODE[cause]

    # From the most ordinary to what outweighs it: later lines win.
    put(~moved, CauseId.TOO_EARLY)
    put(moved & ~visible, CauseId.SOURCE_LAG)
    stalled = np.where(np.isfinite(w.lost), False, t - last.max(1) > _usual(w, slot))
    put(moved & visible & stalled, CauseId.STALLED)
    put(scanned[:, CUSTOMS] & ~scanned[:, RELEASED], CauseId.CUSTOMS_PROCESSING)
    put(scanned[:, HELD] & ~scanned[:, RELEASED], CauseId.CUSTOMS_HELD)
    put(w.lost <= t, CauseId.LOST)
    put(scanned[:, ADDRESS] & ~scanned[:, PICKUP] & ~scanned[:, DELIVERED], CauseId.ADDRESS_PROBLEM)
    beyond = scanned[:, LEFT]
    put(beyond & (w.beyond == draw.DARK) & (w.lost > t), CauseId.DARK_AFTER_BORDER)
    put(beyond & (w.beyond == draw.CHANGED) & (w.lost > t) & (w.alias_at > t), CauseId.NUMBER_CHANGED)
    genuine = w.mode == Mode.GENUINE
    put((w.beyond == draw.UNTRACKED) & genuine, CauseId.UNTRACKED_BY_DESIGN)
    put(((w.beyond == draw.DOMESTIC) & genuine) | (w.mode == Mode.DOMESTIC_SENT), CauseId.DOMESTIC_LEG_ONLY)
    waiting = shown[:, PICKUP] & ~scanned[:, DELIVERED] & ~scanned[:, RETURN]
    put(waiting, CauseId.WAITING_FOR_PICKUP)
    put(waiting & (t > w.scan[:, PICKUP] + w.parameters["storage"] - 3), CauseId.PICKUP_EXPIRING)
    put(scanned[:, RETURN] & shown[:, RETURN], CauseId.RETURNING)
    put(scanned[:, RETURNED] & shown[:, RETURN], CauseId.RETURNED)
    put(scanned[:, SEIZED], CauseId.SEIZED)
    put(shown[:, DELIVERED] & (w.arrives > t) & w.false_delivered, CauseId.DELIVERED_NOT_RECEIVED)
    # Nobody asked the right system: whatever is true of the parcel, this is why it does not track.
    put((w.needs_until > t) & moved, CauseId.NEEDS_EXTRA_DATA)
    put(w.wrong_asked_until > t, CauseId.WRONG_CARRIER_ASKED)
    # What was done with the number outweighs what happens to the parcel.
    put((w.mode == Mode.TYPO) & (w.fixed_at > t), CauseId.TYPING_ERROR)
    early = t < w.shipped + 5
    put(np.isin(w.mode, (Mode.LATE_LABEL, Mode.LABEL_NEVER)) & ~moved, CauseId.LABEL_ONLY)
    put(w.mode == Mode.NOT_SENT, CauseId.NOT_SHIPPED)
    put(np.isin(w.mode, (Mode.FAKE_SENT, Mode.FAKE_EMPTY)), CauseId.FAKE_NUMBER)
    put(np.isin(w.mode, (Mode.LATE_LABEL, Mode.LABEL_NEVER)) & ~moved & early, CauseId.TOO_EARLY)
    recycled = w.mode == Mode.RECYCLED
    put(recycled, CauseId.RECYCLED_NUMBER)
    put(recycled & (w.foreign == 1) & (w.scan[:, ACCEPT] > w.paid), CauseId.WRONG_DESTINATION)
    put(w.mistaken_until > t, CauseId.ORDER_NUMBER_ENTERED)
    put(w.arrives <= t, CauseId.DELIVERED)
    return result


def cause(w: World, i: int, t: float) -> CauseId:
    """The true cause of one order; where every system that was asked is down that day, that is why."""
    found = CAUSES[causes(only(w, i), t)[0]]
    reports = dossier(w, i, t).reports
    down = bool(reports) and all(report.outcome.kind is OutcomeKind.UNREACHABLE for report in reports)
    return CauseId.SOURCE_DOWN if down and found is not CauseId.DELIVERED else found


def only(w: World, i: int) -> World:
    """A world of one order, of all its arrays the i-th row; its number is drawn anew unless asked of the whole."""
    picked = {
        name: value[i : i + 1] if isinstance(value := getattr(w, name), np.ndarray) else value
        for name in World.__dataclass_fields__
    }
    return World(**{**picked, "n": 1})


def _usual(w: World, slot: Ints) -> Floats:
    """The silence after a scan that nineteen in twenty parcels of the service do not reach."""
    rows = w.parameters.service
    tail = 1.645
    stages = np.array(
        [[row.export[0] * np.exp(tail * row.export[1]), row.into[0] * np.exp(tail * row.into[1]),
          row.delivery[0] * np.exp(tail * row.delivery[1])] for row in rows]
    )  # fmt: skip
    place = np.where(slot < LEFT, 0, np.where(slot < LANDED, 1, 2))
    return stages[w.service, place] * w.parameters["speed_factor"]


# --- one order as the product sees it ---------------------------------------------------------------------------


def dossier(w: World, i: int, t: float, *, dispute: Dispute | None = None) -> Dossier:
    """What the buyer of order `i` can know at `t`. Ask with `now = w.instant(t)`."""
    p = w.parameters
    number = shown_number(w, i, t)
    given = order_number_of(w, i) if w.mistaken_until[i] > t else number
    reports = () if given != number else reports_of(w, i, t)
    destination = p.destination[w.destination[i]]
    venue = p.venue[w.venue[i]]
    end = float(end_at(only(w, i), t)[0])
    delivered = w.seen[i, DELIVERED] <= t
    received = True if w.arrives[i] <= t else False if delivered else None
    order = Order(
        marketplace=venue.id,
        number=order_number_of(w, i),
        price=Money(round(w.price[i] * 100), "USD"),
        paid=w.date(w.paid[i]),
        shipped=w.date(w.shipped[i]) if w.shipped_known[i] and t >= w.shipped[i] else None,
        promised=w.date(w.promised[i]) if venue.anchor == "promised" or venue.opens is None else None,
        service=p.service[w.service[i]].words if w.service_known[i] else None,
        origin="CN",
        destination=destination.country,
        protection_end=w.instant(end + p["end_shown_late"]) if w.end_read[i] else None,
        received=received,
        extensions=1 if w.extended_at[i] <= t else None,
    )
    return Dossier(
        id=f"world-{w.seed}-{i}",
        numbers=(given,) if t >= w.shipped[i] else (),
        order=order,
        reports=reports if t >= w.shipped[i] else (),
        messages=_messages(w, i, t),
        dispute=dispute,
        lang=destination.lang if destination.lang in ("ru", "uk") else "en",
    )


def shown_number(w: World, i: int, t: float) -> str:
    """The number that the order shows at `t`: a corrected one replaces one with a wrong digit."""
    number = number_of(w, i)
    return wrong_digit(w, i, number) if w.mode[i] == Mode.TYPO and w.fixed_at[i] > t else number


def reports_of(w: World, i: int, t: float) -> tuple[Report, ...]:
    """What the systems that were asked answer on the morning of `t`; a system can be down for a day."""
    p = w.parameters
    row, destination = p.carrier[w.carrier[i]], p.destination[w.destination[i]]
    number, asked_at = shown_number(w, i, t), w.instant(t)

    def report(system: str, number: str, slots: list[int], *, aliases: tuple[Alias, ...] = ()) -> Report:
        if _down(w, i, t, system):
            return Report(system, number, DOWN, asked_at=asked_at)
        events = tuple(_event(w, i, slot, system, number) for slot in slots)
        outcome = FOUND if events else EMPTY if w.seen[i, LABEL] <= t + 3 and w.mode[i] == Mode.GENUINE else UNKNOWN
        return Report(system, number, outcome, asked_at=asked_at, events=events, aliases=aliases)

    if w.wrong_asked_until[i] > t:
        return (Report("fedex", number, UNKNOWN, asked_at=asked_at),)
    if w.needs_until[i] > t:
        return (Report(row.id, number, Outcome(OutcomeKind.NEEDS, needs=("postcode",)), asked_at=asked_at),)
    shown = [slot for slot in np.argsort(w.scan[i], kind="stable") if w.seen[i, slot] <= t]
    renamed = w.beyond[i] == draw.CHANGED and w.mode[i] == Mode.GENUINE and w.alias_at[i] <= t
    if not renamed:
        found = [report(AGGREGATOR, number, shown)]
        if w.origin_asked[i] and row.id != "yto":
            found.append(report(row.id, number, shown))
        return tuple(found)
    new = number_of(w, i, beyond=True)
    alias = (Alias(new, carrier=destination.post, said_by=AGGREGATOR),)
    return (
        report(AGGREGATOR, number, [slot for slot in shown if slot <= LEFT], aliases=alias),
        report(destination.post, new, [slot for slot in shown if slot > LEFT]),
    )


def _down(w: World, i: int, t: float, system: str) -> bool:
    rng = np.random.default_rng([w.seed, i, int(t), len(system), ord(system[0])])
    return bool(rng.random() < w.parameters["source_down"])


def _event(w: World, i: int, slot: int, system: str, number: str) -> Event:
    p = w.parameters
    row, destination = p.carrier[w.carrier[i]], p.destination[w.destination[i]]
    abroad = slot > LEFT
    lang = destination.lang if system == destination.post else "en"
    words = next(each for each in p.words if each.milestone == SLOTS[slot].value)
    offset = destination.offset if abroad else row.offset
    rng = np.random.default_rng([w.seed, i])
    city, elsewhere = rng.integers(0, 1000), rng.integers(0, 1000)
    if not abroad:
        country, town = "CN", ORIGIN_CITIES[city % len(ORIGIN_CITIES)]
    elif w.foreign[i] == 1:
        others = [each for each in OTHER_COUNTRIES if each != destination.country]
        country, town = others[elsewhere % len(others)], ""
    else:
        country, town = destination.country, destination.cities[(city + (w.foreign[i] == 2)) % len(destination.cities)]
    local = w.instant(w.scan[i, slot]).replace(tzinfo=None) + dt.timedelta(minutes=offset)
    return Event(
        text=getattr(words, lang),
        when=Moment(local.replace(second=0, microsecond=0), offset),
        lang=lang,
        system=system,
        place=Place(text=town, country=country, city=town or None) if slot >= OFFICE or slot <= LANDED else None,
        number=number,
    )


def _messages(w: World, i: int, t: float) -> tuple[Message, ...]:
    if w.asked_at[i] > t:
        return ()
    said = [Message("Hello! The tracking number shows nothing. Where is my parcel?", "buyer", w.instant(w.asked_at[i]))]
    if w.replied_at[i] <= t:
        category = CATEGORIES[w.reply[i]]
        texts = next(row.texts for row in w.parameters.say if row.category == category)
        text = texts[i % len(texts)].replace("{number}", number_of(w, i))
        said.append(Message(text, "seller", w.instant(w.replied_at[i])))
    return tuple(said)
