"""How fast journeys are woven, on one core: `.venv/bin/python bench/journey/weave.py`.

A thousand journeys of fifty events each: a consolidator, a post and an aggregator tell one parcel, partly the
same scans in three languages. No two journeys are alike, so that nothing is answered from memory alone. Best of
five rounds, in processor time, so that what else the machine does does not count; the first round is told too.
"""

from __future__ import annotations

import datetime as dt
import time

from dozor.journey import weave
from dozor.model import Alias, Event, Moment, Order, Outcome, OutcomeKind, Place, Report

START = dt.datetime(2026, 9, 1, 8)  # noqa: DTZ001  wall time, as carriers write it
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
FOUND = Outcome(OutcomeKind.FOUND)
# One scan as three systems tell it: hours after the start, country, and the words in Chinese, Russian and English.
SCANS = (
    (0, "CN", "已揽收", "Прием", "Accepted by carrier"),
    (9, "CN", "到达分拨中心", "Прибыло в сортировочный центр", "Arrived at sorting center"),
    (20, "CN", "离开分拨中心", "Покинуло сортировочный центр", "Departed from sorting center"),
    (41, "CN", "到达出口互换局", "Прибыло в место международного обмена", "Arrived at outward office of exchange"),
    (60, "CN", "出口海关放行", "Выпущено таможней при экспорте", "Export customs clearance complete"),
    (75, "CN", "航班起飞", "Экспорт международной почты", "Departed country of origin"),
    (190, "RU", "到达目的国", "Импорт международной почты", "Arrived at destination country"),
    (200, "RU", "送交海关", "Передано таможне", "Handed over to customs"),
    (230, "RU", "海关放行", "Выпущено таможней", "Released by customs"),
    (244, "RU", "运输中", "Сортировка", "In transit to next facility"),
    (280, "RU", "离开处理中心", "Покинуло сортировочный центр", "Departed facility"),
    (330, "RU", "到达处理中心", "Прибыло в сортировочный центр", "Arrived at facility"),
    (350, "RU", "离开处理中心", "Покинуло сортировочный центр", "Left the sorting centre"),
    (370, "RU", "到达投递局", "Прибыло в место вручения", "Arrived at delivery office"),
    (390, "RU", "正在派送", "Передано почтальону", "Out for delivery"),
    (396, "RU", "投递失败", "Неудачная попытка вручения", "Delivery attempt failed"),
)
PLACES = {"CN": ("广州", "Гуанчжоу", "Guangzhou, China"), "RU": ("莫斯科", "Москва 102975", "Moscow, Russia")}
VOICES = (("cainiao", 480, "zh"), ("russian-post", 180, "ru"), ("17track", None, "en"))


def journey_of(serial: int) -> list[Report]:
    """Three reports, fifty events together; each journey has days and minutes of its own."""
    number, second = f"LP{serial:014}", f"RB{serial:09}CN"
    start = START + dt.timedelta(minutes=37 * serial % 40_000)
    reports = []
    for voice, (system, offset, lang) in enumerate(VOICES):
        events = []
        for place, (hours, country, *words) in enumerate((*SCANS, SCANS[-1])[: 17 if voice else 16]):
            at = start + dt.timedelta(hours=hours + (place == len(SCANS)) * 24, minutes=(offset or 0) + voice)
            where = Place(text=PLACES[country][voice])
            events.append(Event(text=words[voice], when=Moment(at, offset), lang=lang, place=where))
        alias = (Alias(second, said_by=system),) if system == "cainiao" else ()
        reports.append(Report(system, second if voice else number, FOUND, events=tuple(events), aliases=alias))
    return reports


def main() -> None:
    parcels = [journey_of(serial) for serial in range(1000)]
    told = sum(len(report.events) for parcel in parcels for report in parcel)
    order = Order(destination="RU", paid=dt.date(2026, 8, 30))
    times = []
    for _ in range(5):
        start = time.process_time()
        woven = [weave(parcel, NOW, order=order) for parcel in parcels]
        times.append(time.process_time() - start)
    kept = sum(len(journey.events) for journey in woven)
    best = f"{min(times):.2f} s (first {times[0]:.2f} s)"
    print(f"{len(parcels)} journeys, {told} events told, {kept} scans kept: {best}")


if __name__ == "__main__":
    main()
