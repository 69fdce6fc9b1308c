"""Where was it, and what did the clock there show?"""

from __future__ import annotations

import datetime as dt
import zoneinfo

import pytest

from dozor.carriers import systems as known_systems
from dozor.journey import understood
from dozor.journey.places import city_name, clocks, find_place, region_of
from dozor.journey.places.tables import cities, countries, indices, offices, systems
from dozor.model import Event, Moment, Place
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("text", "country", "city"),
    [
        ("CNCANA", "CN", "Guangzhou"),
        ("RUMOWD", "RU", "Moscow"),
        ("LVRIXF", "LV", "Riga"),
        ("620999 Екатеринбург", "RU", "Yekaterinburg"),
        ("79000 Львів", "UA", "Lviv"),
        ("【东莞市】", "CN", "Dongguan"),
        ("广州国际互换局", "CN", "Guangzhou"),
        ("Netherlands,Amsterdam", "NL", "Amsterdam"),
        ("Внуково цех", "RU", "Moscow"),
        ("Казахстан, Алматы ПЦ-1", "KZ", "Almaty"),
        ("из Китая", "CN", None),
        ("відправлено з Польщі", "PL", None),
        ("Lyon, FR", "FR", "Lyon"),
        ("Mechelen (BE)", "BE", None),
        ("Hamburg, DEU", "DE", "Hamburg"),
        ("MANKATO, MN, 56001, US", "US", None),
        ("JAMAICA, 11430, NY", "US", None),
        ("QUEBEC, QC", "CA", None),
        ("CHULLORA NSW", "AU", None),
        ("SYDNEY (AU)", "AU", "Sydney"),
        # What looks like a place and is none.
        ("Wilmington, DE", None, None),
        ("ARNHEM HUB", None, None),
        ("CDD IMIRIM", None, None),
        ("Collection arranged - OK", None, None),
        ("индивидуальный", None, None),
        ("вместо того", None, None),
        ("Китай, Россия", None, None),
    ],
)
def test_places_as_carriers_write_them(text: str, country: str | None, city: str | None) -> None:
    found = find_place(text)
    assert (found.country, found.city) == (country, city)


@pytest.mark.parametrize(
    ("text", "city"),
    [
        ("离开【东莞市】发往【深圳市】", "Dongguan"),
        ("快件已发往【上海浦东康桥店】", None),
        ("In transit to Moscow", None),
        ("Отправлено в Казань", None),
        ("Arrived to Moscow", "Moscow"),
    ],
)
def test_where_it_goes_is_not_where_it_is(text: str, city: str | None) -> None:
    assert find_place(text).city == city


def test_an_index_tells_the_region_where_its_country_is_known() -> None:
    assert find_place("630000", "RU").city == "Novosibirsk"
    assert find_place("61001", "UA").city == "Kharkiv"
    assert find_place("630000").country is None
    assert find_place("220000", "BY").city is None


def test_cities_are_named_in_four_languages() -> None:
    assert [city_name("Moscow", lang) for lang in ("en", "ru", "uk", "zh")] == ["Moscow", "Москва", "Москва", "莫斯科"]
    assert all(row.ru and row.uk and row.zh for row in cities().values())


def test_the_tables_agree_with_one_another() -> None:
    assert {row.country for row in cities().values()} <= countries().keys()
    assert all(row.city in cities() for row in indices().values() if row.city)
    assert all(len(code) == 5 for code in offices())
    assert set(systems()) <= set(known_systems())
    assert {row.own for row in systems().values()} - {""} <= countries().keys()
    assert region_of("RU") != region_of("CN") and region_of("HK") == region_of("CN")


def at(text: str, place: str, *, system: str, offset: int | None = None, month: int = 11) -> Moment:
    wall = Moment(dt.datetime(2026, month, 10, 12), offset)
    when = understood(Event(text=text, when=wall, system=system, place=Place(text=place))).when
    assert when is not None and when.local == wall.local, "wall time stays as it was told"
    return when


def test_an_offset_that_was_said_is_kept() -> None:
    when = at("Прибыло", "620000 Екатеринбург", system="russian-post", offset=300)
    assert (when.offset, when.assumed) == (300, False)


def test_the_clock_of_the_place_is_assumed_where_nobody_said_it() -> None:
    when = at("Arrived", "RUOVBA", system="upu")
    assert (when.offset, when.assumed) == (420, True)
    assert when.latest() - when.earliest() == dt.timedelta(hours=26), "the uncertainty stays"


def test_one_clock_of_a_system_is_known_with_summer_time() -> None:
    winter, summer = (at("Прибуло", "Київ", system="ukrposhta", month=month) for month in (11, 7))
    assert (winter.offset, winter.assumed, summer.offset) == (120, False, 180)


def test_a_machine_without_zones_of_its_own_knows_the_clocks() -> None:
    assert "\ntzdata==" in (ROOT / "requirements" / "run.txt").read_text()
    zoneinfo.reset_tzpath(to=())
    zoneinfo.ZoneInfo.clear_cache()
    clocks._zone.cache_clear()
    try:
        assert at("Arrived", "RUOVBA", system="upu").offset == 420
    finally:
        zoneinfo.reset_tzpath()
        zoneinfo.ZoneInfo.clear_cache()


def test_a_stamped_offset_is_believed_at_home_only() -> None:
    assert at("已揽收", "深圳市", system="kuaidi100", offset=480).assumed is False
    abroad = at("Arrived", "Moscow, Russia", system="kuaidi100", offset=480)
    assert (abroad.offset, abroad.assumed) == (180, True)


def test_a_country_of_many_zones_tells_none() -> None:
    assert at("Arrived", "Россия", system="upu").offset is None
