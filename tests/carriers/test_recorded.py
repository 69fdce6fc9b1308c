"""Answers recorded or documented elsewhere, where that collection stands beside the project: each is read, none raises.

What is counted here is counted in the raw text of an answer, by marks of its format, not by the code under test.
"""

from __future__ import annotations

import datetime as dt
import fnmatch
import json
import re
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pytest

from dozor.carriers import connector, systems
from dozor.carriers.base import Ask, Connector, Response, Shaped, read_safely
from dozor.carriers.base.shape import parsed, pick, said_all
from dozor.carriers.others import others, reader
from dozor.journey import understood
from dozor.model import Milestone, OutcomeKind, Report
from tests.conftest import SHARED

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
# Folders of the collection, and the system that reads them.
SYSTEMS = {
    "17track-buyer-account": "seventeentrack-account",
    "17track-v2.4": "seventeentrack",
    "17track-web-legacy": "seventeentrack-web",
    "4px-open-2017": "4px-open",
    "4px-web": "4px",
    "aliexpress-ds": "aliexpress",
    "aliexpress-mtop": "aliexpress-page",
    "australia_post": "australia-post",
    "canada_post": "canada-post",
    "cdek_site": "cdek-site",
    "cdek_v2": "cdek",
    "cdek_xml_legacy": "cdek-xml",
    "china-ems-eub": "china-post",
    "china-ems-open": "china-post",
    "correios_sro_soap": "correios-soap",
    "correios_srorastro_v1": "correios",
    "dhl_ecommerce_americas": "dhl-ecommerce-americas",
    "dhl_express_web": "dhl-express-web",
    "dhl_express_xmlpi": "dhl-express-xml",
    "dhl_parcel_de": "dhl-parcel-de",
    "dhl_unified": "dhl",
    "ems_items": "ems",
    "fedex_soap_legacy": "fedex-soap",
    "fedex_track_v1": "fedex",
    "gdeposylka-v4": "gdeposylka",
    "hay_post": "hay-post",
    "hongkongpost_chatbot": "hongkong-post",
    "israelpost": "israel-post",
    "jtexpress-cn": "jt-express",
    "landmark_global": "landmark-global",
    "laposte_suivi_v2": "la-poste",
    "meest_1c": "meest",
    "mydhl_api": "mydhl",
    "nova_poshta_global": "nova-poshta-global",
    "nova_poshta_v2": "nova-poshta",
    "royal_mail": "royal-mail",
    "russianpost_fc": "russian-post-batch",
    "russianpost_rtm34": "russian-post",
    "russianpost_site": "russian-post-site",
    "singpost": "singapore-post",
    "swisspost_ekp": "swiss-post",
    "tnt_expressconnect": "tnt",
    "trackingmore-v4": "trackingmore",
    "ukrposhta_status_tracking": "ukrposhta",
    "ups_track_v1": "ups",
    "ups_xml_legacy": "ups-xml",
    "upu_gtt": "upu",
    "upu_ptt": "upu",
    "usps_tracking_v3": "usps",
    "usps_webtools_legacy": "usps-webtools",
    "yanwen-api": "yanwen",
    "yanwen-v2-legacy": "yanwen-v2",
    "yunexpress-lms": "yunexpress",
    "yunexpress-openapi": "yunexpress-open",
}
# Files in another system's format than their folder's.
FILES = {
    "cainiao/delivered_jnet_ru_cp_to_cainiao_xml.xml": "cainiao-feed",
    "russianpost_rtm34/parsed_history_RA644000001RU_eng.json": "russian-post-parsed",
}
# What is no answer about a parcel at all, and why. Even these give a typed outcome.
NO_ANSWER = {
    "17track-v2.4/getquota.json": "the account's quota",
    "17track-buyer-account/add_package_existing_response.json": "a receipt",
    "17track-buyer-account/summary_response.json": "counts of an account",
    "aftership/v4_detect_couriers.json": "names of carriers",
    "fedex_track_v1/oauth_ok.json": "a token",
    "gdeposylka-v4/detect_*.json": "names of carriers",
    "hongkongpost_chatbot/ack.json": "a receipt",
    "kuaidi100/autonumber.json": "names of carriers",
    "parcelsapp/get_missingUuid.json": "a wrong request",
    "parcelsapp/get_success.json": "the account's quota",
    "parcelsapp/post_invalidWebhookUrl.json": "a wrong request",
    "parcelsapp/request_*.json": "a request",
    "parcelsapp/webhook_trackingError.json": "a fault of the aggregator, no parcel",
    "russianpost_rtm34/postal_order_events.xml": "events of a payment, not of a parcel",
    "sf-express/oauth_ok.json": "a token",
    "ship24/bulk_*.json": "a receipt",
    "ship24/get_couriers_200_success.json": "names of carriers",
    "ship24/patch_trackers_*.json": "a receipt",
    "trackingmore-v4/couriers_detect.json": "names of carriers",
    "yunexpress-lms/get_tracking_number.json": "another number, no events",
    "yunexpress-lms/intercept.json": "a receipt",
}
NUMBER = re.compile(rb"[A-Z]{2}\d{9}[A-Z]{2}|LP\d{14}|LP\d+CN|[A-Z]{2,3}\d{10,16}|\d{11,20}|[A-Z]\d{8,12}")
# Outcomes that tell that an answer was understood.
UNDERSTOOD = frozenset(OutcomeKind) - {OutcomeKind.CHANGED}


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def system_of(path: Path) -> str:
    return FILES.get(named(path)) or SYSTEMS.get(path.parent.name, path.parent.name)


@cache
def reads(system: str) -> Connector:
    return connector(system) if system in systems() else reader(system)


def numbers_in(body: bytes, made: Connector) -> list[str]:
    """Numbers that an answer may be about: those where its format has them, else whatever looks like one."""
    found: list[str] = []
    if isinstance(made, Shaped):
        try:
            for parcel in pick(parsed(body, made.shape.format), made.shape.parcels):
                found += said_all(parcel, made.shape.number)
        except (ValueError, RecursionError):
            pass
    return list(dict.fromkeys([*found, *(each.decode() for each in NUMBER.findall(body)), "X1"]))[:40]


def status_of(name: str) -> int:
    found = re.search(r"(?<!\d)(400|401|404|429)(?!\d)", name)
    return int(found[1]) if found else 200


def read(path: Path) -> Report:
    """The answer as it would have been read by whoever asked for the number in it that it tells most about."""
    made, body = reads(system_of(path)), path.read_bytes()
    response = Response(status_of(path.name), body, {}, "https://x.test/y")
    each = [read_safely(made, response, [Ask(number)], NOW)[0] for number in numbers_in(body, made)]
    return max(each, key=lambda report: len(report.events))


if SHARED.exists():
    ROOT = SHARED / "data/payloads"
    PAYLOADS = [
        path
        for room in ("aggregators", "carriers")
        for path in sorted((ROOT / room).glob("*/*"))
        if path.parent.name != "_tables"
    ]
    BY_NAME = {named(path): path for path in PAYLOADS}
    KINDS = {
        row["file"]: row["kind"]
        for room in ("aggregators", "carriers")
        for row in map(json.loads, (ROOT / room / "manifest.jsonl").read_text(encoding="utf-8").splitlines())
    }

    @pytest.fixture(scope="module")
    def told() -> dict[str, Report]:
        return {named(path): read(path) for path in PAYLOADS}

    def is_answer(name: str) -> bool:
        return not any(fnmatch.fnmatch(name, each) for each in NO_ANSWER)

    def test_every_folder_has_its_reader() -> None:
        assert {system_of(path) for path in PAYLOADS} <= {*systems(), *others()}

    def test_every_answer_gives_a_typed_outcome(told: dict[str, Report], capsys: pytest.CaptureFixture[str]) -> None:
        assert len(told) == len(PAYLOADS) > 350
        share: dict[str, Counter[str]] = defaultdict(Counter)
        for name, report in told.items():
            assert isinstance(report.outcome.kind, OutcomeKind)
            kind = report.outcome.kind if is_answer(name) else None
            share[name.partition("/")[0]][
                "no answer" if kind is None else "read" if kind in UNDERSTOOD else "typed error"
            ] += 1
        with capsys.disabled():
            print()
            for folder, counts in sorted(share.items()):
                answers = counts["read"] + counts["typed error"]
                print(
                    f"{folder:<28} {counts['read']:>3}/{answers:<3} understood"
                    f"  {100 * counts['read'] // max(answers, 1):>3} %  (no answers about a parcel: {counts['no answer']})"
                )
        # Requests that were wrong, or refused without a known reason, are the only ones that stay "changed".
        rest = [name for name, each in told.items() if is_answer(name) and each.outcome.kind is OutcomeKind.CHANGED]
        assert all(re.search(r"error|invalid|bad|fault|too_many|expired", name, re.I) for name in rest), rest

    def test_recorded_answers_are_understood_and_none_of_their_events_is_lost(told: dict[str, Report]) -> None:
        recorded = [name for name, kind in KINDS.items() if kind == "recorded" and is_answer(name)]
        assert len(recorded) > 70
        for name in recorded:
            report, raw = told[name], BY_NAME[name].read_text(encoding="utf-8")
            if (mark := MARKS.get(name) or MARKS.get(name.partition("/")[0])) is None:
                assert not report.events, name
                continue
            wanted = len(re.findall(mark, raw)) - EXTRA.get(name, 0)
            assert len(report.events) + len(report.problems) == wanted, (name, len(report.events), wanted)

    def test_events_that_are_no_events_are_the_only_problems(told: dict[str, Report]) -> None:
        assert {name for name, report in told.items() if report.problems} <= {
            "usps_webtools_legacy/delivered_multi.xml",  # an event without a time
            "fedex_soap_legacy/multiple_results.xml",  # two parcels under one number
            "fedex_track_v1/duplicate_number.json",
            "russianpost_rtm34/parsed_history_RA644000001RU_eng.json",  # an event without a time
        }

    def test_instants_are_those_in_the_answer(told: dict[str, Report]) -> None:
        """The digits of each event's wall time stand in the answer, in one of the ways in which systems write them."""
        for name, report in told.items():
            raw = BY_NAME[name].read_text(encoding="utf-8", errors="replace")
            digits = re.sub(r"\D", "", raw)
            for event in report.events:
                assert event.when is not None
                local, at = event.when.local, int(event.when.utc().timestamp())
                assert (
                    any(local.strftime(form).lstrip("0") in raw for form in WRITTEN)
                    or local.strftime("%Y%m%d") in digits
                    # An epoch, or one of a wall time that was taken for another zone's.
                    or any(str(at - quarter * 900) in raw for quarter in range(-56, 57))
                ), (name, event)

    def test_events_come_oldest_first(told: dict[str, Report]) -> None:
        late = {
            name
            for name, report in told.items()
            if (times := [event.when.utc() for event in report.events if event.when]) != sorted(times)
        }
        # Lists of two legs, or of wall times in zones that nobody names, stay as the system told them.
        assert late <= MIXED, late - MIXED

    @pytest.mark.parametrize(
        ("pattern", "wanted"),
        [
            ("*/delivered*", {Milestone.DELIVERED}),
            ("*/*_delivered*", {Milestone.DELIVERED}),
            ("*/*available_for_pickup*", {Milestone.AVAILABLE_FOR_PICKUP}),
            ("*/*out_for_delivery*", {Milestone.OUT_FOR_DELIVERY}),
            ("*/*customs_hold*", {Milestone.CUSTOMS_HELD}),
            ("*/*customs_released*", {Milestone.CUSTOMS_RELEASED, Milestone.IN_TRANSIT}),
            ("*/*info_received*", {Milestone.PRE_SHIPMENT}),
            ("*/*returned*", {Milestone.RETURNED, Milestone.RETURN_STARTED}),
        ],
    )
    def test_the_last_event_means_what_the_answer_is_named_for(
        told: dict[str, Report], pattern: str, wanted: set[Milestone]
    ) -> None:
        wrong = {}
        for name, report in told.items():
            if not fnmatch.fnmatch(name, pattern) or not report.events or name in OTHERWISE:
                continue
            facts = [understood(event) for event in report.events if not event.forecast]
            seen = {event.milestone for event in facts[-3:]}
            if not seen & wanted:
                wrong[name] = [(event.text[:40], event.code, event.milestone) for event in facts[-2:]]
        assert not wrong

    def test_answers_that_tell_nothing_are_not_called_unknown_numbers(told: dict[str, Report]) -> None:
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
            "usps_tracking_v3/auth_error.json": OutcomeKind.UNAUTHORISED,
            "landmark_global/error.xml": OutcomeKind.UNAUTHORISED,
            "fedex_soap_legacy/failure_code_9045.xml": OutcomeKind.UNREACHABLE,
        }.items():
            assert told[name].outcome.kind is kind, name

    def test_a_number_used_twice_tells_of_its_newest_parcel_only(told: dict[str, Report]) -> None:
        report = told["fedex_track_v1/duplicate_number.json"]
        times = [event.when.utc() for event in report.events if event.when]
        assert times[-1] - times[0] < dt.timedelta(days=60)
        assert any("older parcel" in problem for problem in report.problems)

    def test_what_was_blacked_out_as_personal_is_dropped_before_storage(told: dict[str, Report]) -> None:
        """The collection has names, streets and signatures blacked out: none of these fields is kept by us."""
        left = {
            name: [
                line.strip()[:90] for line in kept.replace(b",", b"\n").decode().splitlines() if "[redacted]" in line
            ]
            for name, report in told.items()
            if report.snapshot is not None and b"[redacted]" in (kept := report.snapshot.body)
        }
        # The text of an event, a part of which was blacked out, is none of them.
        assert not {name: lines for name, lines in left.items() if any("escription" not in line for line in lines)}


# One of these marks stands in the raw text for each event.
MARKS: dict[str, str] = {
    "17track-web-legacy": r'"a": "',
    "17track-buyer-account": r'\\"a\\":',
    "china-ems-eub": r"<acceptTime>",
    "4px-open-2017": "occurDatetime",
    "kuaidi100": r'"ftime"',
    "kuaidi100/free_api_sf_delivered.json": r'"time"',
    "yanwen-v2-legacy": r'"timestamp"',
    "4px-web": r'"tkDateStr"',
    "gdeposylka-v4": r'"status_code"',
    "cainiao": r'"standerdDesc"|"desc"',
    "aliexpress-ds": r'"time_stamp"',
    "sf-express": "opcode|opCode",
    "easypost": r'"object": "TrackingDetail"',
    "dhl_express_xmlpi": "<ShipmentEvent>",
    "dhl_express_web": r'"counter"',
    "dhl_ecommerce_americas": r'"timezone"',
    "fedex_track_v1": r'"eventType"',
    "fedex_soap_legacy": "<Events>",
    "usps_tracking_v3": r'"eventType"',
    "usps_webtools_legacy": "<EventTime",
    "laposte_suivi_v2": r'"label"',
    "chronopost": "<eventDate>",
    "hay_post": r'"stateId"',
    "dpd": "<statusHasBeenReached>true",
    "nova_poshta_v2": r'"StatusCode"',
    "nova_poshta_global": r'"translations"',
    "cdek_xml_legacy": "<State ",
    "cdek_xml_legacy/StatusReportMinimal.xml": "<Status ",
    "correios_sro_soap": "<evento>",
    "russianpost_site": r'"humanStatus"',
    "russianpost_rtm34": r'"operType"',
}
# Marks that stand in the text more often than for an event of the parcel that is asked about.
EXTRA: dict[str, int] = {
    "17track-web-legacy/delivered_two_carriers.json": 1,  # the last event once more
    "yanwen-v2-legacy/delivered_us.json": 1,  # the last event once more
    "cainiao/customs_cleared_brazil.json": 5,  # both texts of an event, and the last event once more
    "cainiao/economy_last_tracked_at_border_bd.json": 3,
    "cainiao/handoff_ubi_lastmile_number.json": 1,
    "dhl_express_xmlpi/delivered_multi.xml": 3,  # of other parcels
    "fedex_track_v1/duplicate_number.json": 9,  # of an older parcel under the same number, which is told of
    "usps_webtools_legacy/batch.xml": 2,  # of other parcels
    "hay_post/accepted.json": 1,  # the state of the order itself
    "cdek_xml_legacy/StatusReportResponse.xml": 9,  # of another parcel
    "cdek_xml_legacy/StatusReportReturnOrder.xml": 2,  # of the parcel that goes back
    "correios_sro_soap/batch.xml": 1,  # of another parcel
    "fedex_soap_legacy/multiple_results.xml": -2,  # two older parcels are told of
}
WRITTEN = (
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%H:%M %d.%m.%Y",
    "%b %-d, %Y",
    "%B %-d, %Y",
    "%-m/%-d/%Y",
    "%d-%m-%Y",
)
MIXED = frozenset(
    {
        "17track-buyer-account/packages_response_with_unknown_state.json",
        "17track-web-legacy/delivered_two_carriers.json",
        "yanwen-v2-legacy/delivered_us.json",
        "dhl_express_web/delivered.json",
        "dhl_express_web/in_transit.json",
        "landmark_global/multi_leg.xml",
        "meest_1c/in_transit_multi.xml",
        "tnt_expressconnect/delivered_multi.xml",
        "upu_gtt/in_transit_with_forecast.json",
    }
)
# Named for something that the last events do not say.
OTHERWISE = frozenset(
    {
        "gls/delivered.json",  # it stops at the hand-over
        "dpd/delivered_multi.xml",  # it stops after an attempt
        "fedex_track_v1/delivered_multi.json",  # the events of the documentation are of another parcel
        "fedex_track_v1/delivered_single.json",
        "kuaidi100/free_api_sf_delivered.json",  # "signed for" in words alone may be the forwarder's signature
    }
)
