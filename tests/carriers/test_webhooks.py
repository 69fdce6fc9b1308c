"""Signatures, by the vectors of the systems' own documents or computed by hand, and what a push may be believed for."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
from urllib.parse import urlencode

import pytest

from dozor.carriers.aliexpress import page_signature
from dozor.carriers.aliexpress import signature as aliexpress
from dozor.carriers.china_post import sealed
from dozor.carriers.kdniao import signature as kdniao
from dozor.carriers.kuaidi100 import signature as kuaidi100
from dozor.carriers.seventeentrack import push_is_genuine
from dozor.carriers.sf_express.client import message_digest
from dozor.carriers.webhooks import PushError, received
from dozor.carriers.yunexpress import signature as yunexpress
from dozor.model import Milestone, OutcomeKind

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
KEY = "0123456789ABCDEF0123456789ABCDEF"
STOPPED = b'{"event":"TRACKING_STOPPED","data":{"number":"RR123456785CN","carrier":3011,"param":null,"tag":""}}'


def test_seventeentrack_signs_body_and_key() -> None:
    sign = "752f4f334055470ce783911a39f7341c61d0fbe6d66547fb3a38cc820d2bf225"
    assert push_is_genuine(STOPPED, sign, KEY)
    assert not push_is_genuine(STOPPED + b" ", sign, KEY)


def test_aliexpress_sorts_and_signs() -> None:
    call = {
        "ae_order_id": "8100000000000001",
        "app_key": "123456",
        "language": "en_US",
        "method": "aliexpress.ds.order.tracking.get",
        "session": "TESTTOKEN",
        "sign_method": "sha256",
        "timestamp": "1700000000000",
    }
    assert aliexpress(call, "testsecret") == "0A07AB0ED5A78B7F0AA8611893A30A986FAEEF6C7A112543A79318E48634CB13"
    token = {"app_key": "123456", "code": "3_500102_x", "sign_method": "sha256", "timestamp": "1700000000000"}
    path = "/auth/token/create"
    assert aliexpress(token, "testsecret", path) == "A647B74D1E0D7ACA30E3424F1836801453707F8A7C24EA621EEE8491E71F5577"


def test_aliexpress_order_page_and_yunexpress_sign() -> None:
    data = '{"tradeOrderId":"8100000000000001"}'
    assert page_signature("TOKEN", "1700000000000", "24815441", data) == "446ca3689ceccb90a6756fdee8c16342"
    wanted = "VqEBESFVmRegiprHVyrogr9ySefETpj22uuZp3rewss="
    assert yunexpress("GET", "/v1/track-service/info/get", "1711612800000", "my-secret") == wanted
    assert yunexpress("POST", "/x", "1", "my-secret", '{"a":1}') != yunexpress("POST", "/x", "1", "my-secret")


def test_sf_digests_the_encoded_text() -> None:
    data, check = '{"language":"zh-CN","orderId":"QIAO-20200618-004"}', "fjcg5PGKaNpPSHFAZ4QsCOkV71R3zVci"
    assert message_digest(data, "12312334453453", check) == "IIKJtuLVzoFTu4kHI8M8vA=="


def test_china_ems_encrypts_with_sm4() -> None:
    wanted = "|$4|gbYe61rj6nYcfTPhHK+/lLhh5c5AKguK501Jhp0DTrzzsHRZlLM/2SVXVmRnekGCgLmvCN96DfzgLObv3KhOkw=="
    assert sealed('[{"waybillNo":"LZ123456785CN"}]', "MTIzNDU2Nzg5MDEyMzQ1Ng==") == wanted


def test_kuaidi100_and_kdniao() -> None:
    param = '{"com":"ems","num":"LZ123456785CN","resultv2":"4"}'
    assert kuaidi100(param, "TESTKEY", "TESTCUSTOMER") == "ACB82C6421DCC3D1696A9AAFA4C55D1E"
    data = '{"ShipperCode":"EMS","LogisticCode":"LZ123456785CN"}'
    assert kdniao(data, "TESTAPIKEY") == "YWI2MjE2MjIwODNhYmU4MzhjYzI5ZmE2YmRlY2JjMmE="


def test_a_signed_push_is_believed() -> None:
    event = {"time_iso": "2026-11-09T09:20:00+03:00", "description": "Arrived", "sub_status": "InTransit_Other"}
    info = {"tracking": {"providers": [{"events": [event]}]}}
    body = json.dumps({"event": "TRACKING_UPDATED", "data": {"number": "RR123456785CN", "track_info": info}}).encode()
    sign = hashlib.sha256(body + b"/" + KEY.encode()).hexdigest()
    push = received("seventeentrack", body, {"Sign": sign}, KEY, NOW)
    assert push.believed and push.numbers == ("RR123456785CN",)
    assert push.reports[0].outcome.kind is OutcomeKind.FOUND


def test_aftership_signs_the_body() -> None:
    body = b'{"event":"tracking_update","msg":{}}'
    sign = base64.b64encode(hmac.new(b"whsecret", body, hashlib.sha256).digest()).decode()
    assert sign == "sjMlxaB5cQhkIDrDbeBRGJjzOAxOn0q0eJsQXaXXWa4="
    point = b'{"message": "Arrived", "subtag": "InTransit_003", "checkpoint_time": "2026-11-09T09:20:00+03:00"}'
    told = b'{"msg": {"tracking_number": "RB740193524CN", "checkpoints": [' + point + b"]}}"
    sign = base64.b64encode(hmac.new(b"whsecret", told, hashlib.sha256).digest()).decode()
    push = received("aftership", told, {"aftership-hmac-sha256": sign}, "whsecret", NOW)
    assert push.believed and push.reports[0].outcome.kind is OutcomeKind.FOUND
    assert [event.milestone for event in push.reports[0].events] == [Milestone.IN_TRANSIT]


def test_kuaidi100_signs_the_message_with_a_salt() -> None:
    row = {"context": "Прибыло в место вручения", "ftime": "2026-11-10 09:00:00", "statusCode": "5"}
    param = json.dumps({"status": "polling", "lastResult": {"nu": "RS123456785CN", "data": [row]}})
    sign = hashlib.md5(f"{param}salt".encode(), usedforsecurity=False).hexdigest().upper()
    body = urlencode({"sign": sign, "param": param}).encode()
    push = received("kuaidi100", body, {}, "salt", NOW)
    assert push.believed and push.numbers == ("RS123456785CN",)
    assert push.reports[0].outcome.kind is OutcomeKind.FOUND
    with pytest.raises(PushError):
        received("kuaidi100", body, {}, "another", NOW)


def test_a_signed_time_alone_is_no_reason_to_believe() -> None:
    secret, body = "2e55b9a3-4dd1-4416-9897-c4bd1e3d738f", b'{"data": {"tracking_number": "RB740193524CN"}}'
    sign = "a37084ab68ae16b77db1f8463f31be9fcc965e2515e03efecf8139bb1e511b06"
    push = received("trackingmore", body, {"timestamp": "1662371528", "signature": sign}, secret, NOW)
    assert not push.believed and push.numbers == ("RB740193524CN",) and not push.reports


@pytest.mark.parametrize(("system", "headers"), [("ship24", {"Authorization": "Bearer s"}), ("parcelsapp", {})])
def test_a_shared_secret_and_no_secret_are_asked_again(system: str, headers: dict[str, str]) -> None:
    push = received(system, b'{"trackings": [{"trackingNumber": "RB740193524CN"}]}', headers, "s", NOW)
    assert not push.believed and push.numbers == ("RB740193524CN",)


@pytest.mark.parametrize(
    ("system", "body", "headers"),
    [
        ("seventeentrack", STOPPED, {}),
        ("seventeentrack", STOPPED, {"sign": "0"}),
        ("aftership", b"{}", {}),
        ("trackingmore", b"{}", {"signature": "0"}),
        ("ship24", b"{}", {"authorization": "Bearer other"}),
        ("parcelsapp", b"<html>", {}),
        ("parcelsapp", b"{}", {}),
        ("nobody", b"{}", {}),
    ],
)
def test_what_is_not_genuine_is_refused(system: str, body: bytes, headers: dict[str, str]) -> None:
    with pytest.raises(PushError):
        received(system, body, headers, "secret", NOW)
