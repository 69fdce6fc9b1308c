"""The nine ways in which systems say that they know nothing are told apart from each other and from being refused."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from dozor.carriers import connector
from dozor.carriers.base import Ask, Response, read_safely
from dozor.carriers.fakes.server import plays
from dozor.model import OutcomeKind

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
SOAP = (
    '<S:Envelope xmlns:S="http://www.w3.org/2003/05/soap-envelope"><S:Body><n:getOperationHistoryResponse '
    'xmlns:n="http://russianpost.org/operationhistory"><d:OperationHistoryData '
    'xmlns:d="http://russianpost.org/operationhistory/data"/></n:getOperationHistoryResponse></S:Body></S:Envelope>'
)
NOT_FOUND = "TRACKING.TRACKINGNUMBER.NOTFOUND"
UPS = {"trackResponse": {"shipment": [{"warnings": [{"code": "TW0001", "message": "Tracking Information Not Found"}]}]}}
FEDEX = {"output": {"completeTrackResults": [{"trackResults": [{"error": {"code": NOT_FOUND, "message": "no"}}]}]}}
NOVA = {"success": True, "data": [{"Number": "20450000000017", "StatusCode": "3", "Status": "Номер не знайдено"}]}


def outcome(system: str, body: object, number: str = "RB740193524CN", status: int = 200) -> OutcomeKind:
    text = body if isinstance(body, str) else json.dumps(body)
    (report,) = read_safely(
        connector(system), Response(status, text.encode(), {}, "https://x.test/"), [Ask(number)], NOW
    )
    return report.outcome.kind


@pytest.mark.parametrize(
    ("way", "system", "body", "number", "status"),
    [
        ("an empty body", "upu", "", "RB740193524CN", 200),
        ("the text 1", "upu", "1", "RB740193524CN", 200),
        ("an empty list in SOAP", "russian-post", SOAP, "RB740193524CN", 200),
        (
            "an empty list of steps",
            "belpost",
            {"data": [{"number": "RB740193524CN", "steps": []}]},
            "RB740193524CN",
            200,
        ),
        ("no events", "kazpost", {"events": []}, "RB740193524CN", 200),
        ("a status within success", "nova-poshta", NOVA, "20450000000017", 200),
        ("a warning within 200", "ups", UPS, "1Z12345E0291980793", 200),
        ("an error within the result", "fedex", FEDEX, "776094337676", 200),
        ("found: false", "singapore-post", plays()["singapore-post"].unknown_body, "RB740193599CN", 200),
        ("a row of a page", "ems", plays()["ems"].unknown_body, plays()["ems"].unknown_number, 200),
        ("a real 404", "dhl", {"title": "Not found", "status": 404}, "RB740193524CN", 404),
        ("a real 404", "la-poste", {"returnCode": 404, "returnMessage": "inconnu"}, "RB740193524CN", 404),
    ],
)
def test_each_way_means_that_the_number_is_unknown(
    way: str, system: str, body: object, number: str, status: int
) -> None:
    assert outcome(system, body, number, status) is OutcomeKind.UNKNOWN_NUMBER, way


@pytest.mark.parametrize("system", ["cainiao", "upu", "belpost", "kazpost", "uzpost", "russian-post-site", "4px"])
def test_a_page_where_data_are_due_tells_nothing_of_the_number(system: str) -> None:
    page = "<!doctype html><html><title>Slide to verify</title></html>"
    assert outcome(system, page) in {OutcomeKind.REFUSED, OutcomeKind.CHANGED}


@pytest.mark.parametrize(
    "system", ["cainiao", "upu", "belpost", "kazpost", "russian-post-site", "sunyou", "4px", "tnt-web"]
)
@pytest.mark.parametrize("status", [404, 410])
def test_a_keyless_address_that_is_gone_tells_nothing_of_the_number(system: str, status: int) -> None:
    """Of these 404 is the address's, not the parcel's; Belpost says so of a number of another form."""
    assert outcome(system, "gone", status=status) is not OutcomeKind.UNKNOWN_NUMBER


@pytest.mark.parametrize(
    ("system", "body", "kind"),
    [
        ("cainiao", {"success": False, "errorCode": "SYSTEM_ERROR"}, OutcomeKind.REFUSED),
        ("kuaidi100", {"result": False, "returnCode": "408", "message": "phone"}, OutcomeKind.NEEDS),
        ("russian-post", SOAP.replace("OperationHistoryData", "OtherData"), OutcomeKind.CHANGED),
    ],
)
def test_refused_needing_and_changed_are_none_of_them(system: str, body: object, kind: OutcomeKind) -> None:
    assert outcome(system, body) is kind
