"""Answers recorded or documented elsewhere, where that collection stands beside the project: each is read, none raises."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

from dozor.carriers import connector
from dozor.carriers.base import Ask, Response, Shaped, read_safely
from dozor.carriers.base.shape import parsed, pick, said_all
from dozor.model import OutcomeKind, Report
from tests.conftest import SHARED

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
# Folders of the collection, and the system that reads them.
SYSTEMS = {
    "17track-v2.4": "seventeentrack",
    "4px-web": "4px",
    "aftership": "aftership",
    "aliexpress-ds": "aliexpress",
    "belpost": "belpost",
    "cainiao": "cainiao",
    "cdek_v2": "cdek",
    "china-ems-eub": "china-post",
    "china-ems-open": "china-post",
    "correios_srorastro_v1": "correios",
    "delivery-tracker": "delivery-tracker",
    "dhl_unified": "dhl",
    "ems_items": "ems",
    "fedex_track_v1": "fedex",
    "gdeposylka-v4": "gdeposylka",
    "hongkongpost_chatbot": "hongkong-post",
    "jtexpress-cn": "jt-express",
    "kazpost": "kazpost",
    "kdniao": "kdniao",
    "kuaidi100": "kuaidi100",
    "laposte_suivi_v2": "la-poste",
    "meest_1c": "meest",
    "nova_poshta_v2": "nova-poshta",
    "parcelsapp": "parcelsapp",
    "russianpost_fc": "russian-post-batch",
    "russianpost_rtm34": "russian-post",
    "russianpost_site": "russian-post-site",
    "sf-express": "sf-express",
    "ship24": "ship24",
    "singpost": "singapore-post",
    "sunyou": "sunyou",
    "swisspost_ekp": "swiss-post",
    "tnt_expressconnect": "tnt",
    "track123": "track123",
    "trackingmore-v4": "trackingmore",
    "ukrposhta_status_tracking": "ukrposhta",
    "ups_track_v1": "ups",
    "upu_gtt": "upu",
    "upu_ptt": "upu",
    "usps_tracking_v3": "usps",
    "uzpost": "uzpost",
    "yanwen-api": "yanwen",
    "yunexpress-lms": "yunexpress",
}
NUMBER = re.compile(rb"[A-Z]{2}\d{9}[A-Z]{2}|LP\d{14}|LP\d+CN|[A-Z]{2,3}\d{10,16}|\d{11,20}")


def number_in(body: bytes, system: str) -> str:
    made = connector(system)
    if isinstance(made, Shaped):
        try:
            for parcel in pick(parsed(body, made.shape.format), made.shape.parcels):
                if named := said_all(parcel, made.shape.number):
                    return named[0]
        except (ValueError, RecursionError):
            pass
    found = NUMBER.search(body)
    return found[0].decode() if found else "X1"


def status_of(name: str) -> int:
    found = re.search(r"(?<!\d)(400|401|404|429)(?!\d)", name)
    return int(found[1]) if found else 200


def read(path: Path) -> Report:
    system, body = SYSTEMS[path.parent.name], path.read_bytes()
    response = Response(status_of(path.name), body, {}, "https://x.test/y")
    (report,) = read_safely(connector(system), response, [Ask(number_in(body, system))], NOW)
    return report


if SHARED.exists():
    PAYLOADS = [
        path
        for room in ("aggregators", "carriers")
        for path in sorted((SHARED / "data/payloads" / room).glob("*/*"))
        if path.parent.name in SYSTEMS and path.suffix != ".tsv"
    ]

    def test_every_answer_gives_a_typed_outcome() -> None:
        reports = {path: read(path) for path in PAYLOADS}
        assert len(reports) > 200
        assert all(isinstance(report.outcome.kind, OutcomeKind) for report in reports.values())
        found = [report for report in reports.values() if report.outcome.kind is OutcomeKind.FOUND]
        assert len(found) > 90
        assert sum(len(report.problems) for report in found) <= 2
        assert all(report.events for report in found)

    def test_answers_that_tell_nothing_are_not_called_unknown_numbers() -> None:
        for name, kind in {
            "fedex_track_v1/oauth_ok.json": OutcomeKind.CHANGED,
            "17track-v2.4/getquota.json": OutcomeKind.CHANGED,
            "sf-express/error_A1005.json": OutcomeKind.REFUSED,
            "kuaidi100/error_408.json": OutcomeKind.NEEDS,
            "17track-v2.4/error_item_quota_exhausted.json": OutcomeKind.QUOTA,
            "17track-v2.4/gettrackinfo_not_found.json": OutcomeKind.UNKNOWN_NUMBER,
            "russianpost_rtm34/fault_invalid_barcode.xml": OutcomeKind.NOT_THEIRS,
            "ems_items/not_ems_item.html": OutcomeKind.NOT_THEIRS,
            "ups_track_v1/not_found_TW0001.json": OutcomeKind.UNKNOWN_NUMBER,
            "upu_ptt/not_found_1.txt": OutcomeKind.UNKNOWN_NUMBER,
        }.items():
            path = next(each for each in PAYLOADS if f"{each.parent.name}/{each.name}" == name)
            assert read(path).outcome.kind is kind, name

    def test_events_come_oldest_first_at_their_own_times() -> None:
        late = 0
        for path in PAYLOADS:
            times = [event.when.utc() for event in read(path).events if event.when]
            late += times != sorted(times)
        assert late <= 12  # systems that mix two legs, or zones, in one list
