"""The interface for programs: who may do what, what comes back, and that it is what the document says."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

import jsonschema
import msgspec
import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from dozor.i18n import LANGUAGES
from dozor.model import Answer, Dossier, Milestone
from dozor.service.api import home_assistant, tokens
from dozor.service.api.document import document
from dozor.service.api.forms import bounds
from dozor.service.api.models import Token
from dozor.service.api.operation import OPERATIONS, table
from dozor.service.parcels.models import Fate, Parcel, Person
from tests.service.conftest import NOW

V1 = "/api/v1"
THIN = {
    "numbers": ["RB740193524CN"],
    "text": "sent 24 days ago, 3.20 USD, 36 days of protection left",
    "order": {"destination": "RU"},
}
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cache.clear()


class Program:
    """A program with a token."""

    def __init__(self, person: Person, scope: str = "write") -> None:
        self.text = tokens.make(person, "a program", scope, NOW)[1]
        self.client = Client(enforce_csrf_checks=True, raise_request_exception=True)

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        more = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        headers = {"authorization": f"Bearer {self.text}", **headers}
        return self.client.generic(method, V1 + path, headers=headers, **more)  # type: ignore[arg-type]


@pytest.fixture
def program(anna: Person) -> Program:
    return Program(anna)


def problem(answer: Any, id: str) -> str:
    """The detail of a refusal of that kind."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    said = answer.json()
    assert said["type"] == f"urn:dozor:problem:{id}" and said["status"] == answer.status_code and said["title"]
    assert len(said["detail"]) > 20
    return str(said["detail"])


def test_a_parcel_from_its_first_day_to_its_last(program: Program, anna: Person) -> None:
    made = program("POST", "/parcels?lang=ru&title=Чехол", THIN)
    assert made.status_code == 201 and made.json()["new"] is True
    ref = made.json()["ref"]
    assert made.headers["Location"] == f"{V1}/parcels/{ref}"
    assert made.json()["parcel"]["title"] == "Чехол" and made.json()["parcel"]["numbers"] == ["RB740193524CN"]
    assert made.json()["answer"]["headline"]["text"]
    again = program("POST", "/parcels", THIN)
    assert again.status_code == 200 and again.json()["ref"] == ref and again.json()["new"] is False

    one = program("GET", f"/parcels/{ref}")
    dossier = msgspec.json.decode(msgspec.json.encode(one.json()["dossier"]), type=Dossier)
    assert dossier.numbers == ("RB740193524CN",) and dossier.order.destination == "RU"
    assert program("POST", "/check", one.json()["dossier"]).status_code == 200  # what is given out can be given back

    answer = program("GET", f"/parcels/{ref}/answer?lang=uk")
    msgspec.json.decode(answer.content, type=Answer)
    assert any("а" <= letter <= "я" for letter in answer.json()["headline"]["text"].lower())
    assert answer.headers["Cache-Control"] == "no-store"

    fixed = program(
        "PATCH", f"/parcels/{ref}", {"order": {"paid": "2026-11-01", "seller": "Shop"}, "events_seen": False}
    )
    assert fixed.status_code == 200
    assert Parcel.objects.get(ref=ref).order.paid == dt.date(2026, 11, 1)
    back = program("PATCH", f"/parcels/{ref}", {"order": {"paid": None}})
    order = program("GET", f"/parcels/{ref}").json()["dossier"]["order"]
    assert back.status_code == 200 and "paid" not in order and order["seller"] == "Shop"

    heard = program("POST", f"/parcels/{ref}/messages", {"text": "Please close the dispute, we will refund you"})
    assert heard.status_code == 201 and heard.json()["meaning"]["category"] == "cancel_dispute"
    assert heard.json()["meaning"]["why"]["text"]
    mine = program("POST", f"/parcels/{ref}/messages", {"text": "Where is it?", "by": "buyer"})
    assert mine.json()["meaning"] is None

    assert program("PUT", f"/parcels/{ref}/dispute", {"state": "waiting_seller"}).status_code == 200
    assert program("GET", f"/parcels/{ref}").json()["dossier"]["dispute"]["state"] == "waiting_seller"
    assert program("DELETE", f"/parcels/{ref}/dispute").status_code == 200
    assert "dispute" not in program("GET", f"/parcels/{ref}").json()["dossier"]

    scan = {"text": "Прибыло в место вручения", "when": {"local": "2026-11-20T10:00:00"}}
    assert program("POST", f"/parcels/{ref}/events", scan).status_code == 201
    assert (
        program("PUT", f"/parcels/{ref}/carrier", {"number": "RB740193524CN", "system": "belpost"}).status_code == 200
    )
    wrong = program("PUT", f"/parcels/{ref}/carrier", {"number": "RB000000000CN", "system": "belpost"})
    assert wrong.status_code == 409 and "PATCH" in problem(wrong, "conflict")

    for fate in ("received", "lost", "not_mine", "archived", "open", "received"):
        assert program("PUT", f"/parcels/{ref}/fate", {"fate": fate}).status_code == 200
        assert Parcel.objects.get(ref=ref).fate == fate
    past = program("GET", f"/parcels/{ref}/answers?limit=50").json()
    assert past["total"] == len(past["answers"]) > 1 and past["answers"][-1]["changed"] == ["first"]

    assert program("DELETE", f"/parcels/{ref}").status_code == 204
    problem(program("GET", f"/parcels/{ref}"), "not_found")
    assert not Parcel.objects.exists()


def test_somebody_elses_parcel_is_as_absent_as_none(program: Program, boris: Person) -> None:
    ref = program("POST", "/parcels", THIN).json()["ref"]
    other = Program(boris)
    assert other("GET", "/parcels").json()["total"] == 0
    bodies = {
        "correct_parcel": {},
        "correct_order": {"seller": "x"},
        "add_message": {"text": "x"},
        "add_event": {},
        "set_dispute": {},
    }
    bodies |= {"set_fate": {"fate": "lost"}, "pin_carrier": {"number": "RB740193524CN", "system": None}}
    tried = 0
    for row in OPERATIONS:
        if "{ref}" in row.path:
            mine = Parcel.objects.get(ref=ref).order.ref if row.about == "order" else ref
            answers = [other(row.method, row.path.format(ref=each), bodies.get(row.id)) for each in (mine, "A" * 16)]
            assert [problem(each, "not_found") for each in answers] and answers[0].content == answers[1].content, row.id
            tried += 1
    assert tried >= 13 and Parcel.objects.get(ref=ref).order.seller is None
    assert (
        other("GET", "/orders").json()["total"] == 0
        and program("GET", f"/parcels/{ref}").json()["parcel"]["fate"] == "open"
    )


def test_without_a_token_nothing_is_told(program: Program, anna: Person) -> None:
    for row in OPERATIONS:
        answer = Client().generic(row.method, V1 + row.path.format(ref="A" * 16))
        if row.open:
            assert answer.status_code == 415  # let in, and asked for a body
            continue
        assert answer.status_code == 401 and answer.headers["WWW-Authenticate"] == "Bearer"
        assert "/api/tokens/" in problem(answer, "token_missing")
    for text in ("dozor_nonsense", "nonsense", program.text + "x", ""):
        answer = Client().get(V1 + "/parcels", headers={"authorization": f"Bearer {text}"})
        assert answer.status_code == 401
        problem(answer, "token_refused")
    # A page elsewhere that sends the browser's cookies along gets nothing by them.
    inside = Client()
    inside.force_login(anna.user)
    assert inside.get(V1 + "/parcels").status_code == 401
    assert inside.delete(V1 + "/parcels/" + "A" * 16).status_code == 401


def test_a_token_that_may_read_changes_nothing(anna: Person) -> None:
    reader = Program(anna, "read")
    ref = Program(anna)("POST", "/parcels", THIN).json()["ref"]
    assert reader("GET", f"/parcels/{ref}").status_code == 200
    assert reader("POST", "/check", THIN).status_code == 200
    for row in OPERATIONS:
        if row.method != "GET" and not row.open:
            assert problem(reader(row.method, row.path.format(ref=ref), {}), "read_only"), row.id
    assert Parcel.objects.get(ref=ref).fate == "open"


def test_a_token_is_kept_as_its_hash_noted_when_used_and_ends_when_revoked(anna: Person, boris: Person) -> None:
    token, text = tokens.make(anna, "home", "read", NOW)
    assert len(text) > 45 and token.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert text not in str(Token.objects.values())
    later = NOW + dt.timedelta(hours=1)
    assert tokens.known(text, later) == token
    assert tokens.known(text, later + dt.timedelta(seconds=30)) and Token.objects.get().used_at == later
    with pytest.raises(Token.DoesNotExist):
        tokens.revoke(boris, token.ref, later)
    assert tokens.known(text, later)
    tokens.revoke(anna, token.ref, later)
    assert tokens.known(text, later) is None
    for name, scope in (("x", "admin"), ("  ", "read")):
        with pytest.raises(ValueError, match=r"scope|name"):
            tokens.make(anna, name, scope, NOW)


def test_the_page_shows_a_token_once(anna: Person, boris: Person) -> None:
    page = Client(enforce_csrf_checks=True)
    assert page.get("/api/tokens/").status_code == 302
    page.force_login(anna.user)
    assert page.post("/api/tokens/", {"name": "home", "scope": "write"}).status_code == 403  # no CSRF token
    csrf = page.get("/api/tokens/").context["csrf_token"]
    made = page.post("/api/tokens/", {"name": "<b>home</b>", "scope": "write", "csrfmiddlewaretoken": str(csrf)})
    text = made.context["shown"]
    assert text in made.text and "<b>home" not in made.text
    assert text not in page.get("/api/tokens/").text
    opened = Client().get(V1 + "/parcels", headers={"authorization": f"bearer {text}"})
    assert opened.status_code == 200
    ref = Token.objects.get().ref
    other = Client()
    other.force_login(boris.user)
    assert other.post("/api/tokens/", {"revoke": ref}).status_code == 404
    assert page.post("/api/tokens/", {"name": "", "scope": "read", "csrfmiddlewaretoken": str(csrf)}).status_code == 422
    gone = page.post("/api/tokens/", {"revoke": ref, "csrfmiddlewaretoken": str(csrf)})
    assert gone.status_code == 302
    assert Client().get(V1 + "/parcels", headers={"authorization": f"Bearer {text}"}).status_code == 401


def test_lists_are_paged_and_filtered(program: Program) -> None:
    for n in range(5):
        program("POST", "/parcels", {"numbers": [f"LP0000000000{n}"], "order": {"number": f"800{n}"}})
    first = program("GET", "/parcels?limit=2").json()
    second = program("GET", f"/parcels?limit=2&start={first['next']}").json()
    third = program("GET", f"/parcels?limit=2&start={second['next']}").json()
    refs = [row["ref"] for page in (first, second, third) for row in page["parcels"]]
    assert len(set(refs)) == 5 == first["total"] and third["next"] is None
    program("PUT", f"/parcels/{refs[0]}/fate", {"fate": "received"})
    assert program("GET", "/parcels?fate=received").json()["total"] == 1
    assert program("GET", "/parcels?fate=open").json()["total"] == 4
    assert program("GET", "/parcels?number=LP00000000003").json()["total"] == 1
    assert program("GET", "/parcels?order=8002&fate=lost").json()["total"] == 0
    row = program("GET", "/parcels?limit=1&lang=zh").json()["parcels"][0]
    assert program("GET", f"/parcels?cause={row['cause']}&step={row['step']}").json()["total"] >= 1
    assert row["headline"]["text"]


BOUGHT = {
    "marketplace": "aliexpress",
    "number": "8190000000001234",
    "lines": [{"title": "Lamp", "price": {"minor": 600, "currency": "USD"}, "quantity": 2}],
    "price": {"minor": 1200, "currency": "USD"},
    "destination": "RU",
}


def test_orders_are_paged_and_filtered(program: Program) -> None:
    for n in range(5):
        order = {"number": f"800{n}", "marketplace": "ebay" if n % 2 else "aliexpress"}
        program("POST", "/parcels", {"numbers": [f"LP0000000000{n}"], "order": order})
    first = program("GET", "/orders?limit=2").json()
    second = program("GET", f"/orders?limit=2&start={first['next']}").json()
    third = program("GET", f"/orders?limit=2&start={second['next']}").json()
    numbers = [row["number"] for page in (first, second, third) for row in page["orders"]]
    assert numbers == ["8004", "8003", "8002", "8001", "8000"] and first["total"] == 5 and third["next"] is None
    assert program("GET", "/orders?marketplace=ebay").json()["total"] == 2
    (one,) = program("GET", "/orders?marketplace=ebay&number=8003").json()["orders"]
    assert one["marketplace"] == "ebay" and len(one["parcels"]) == 1 and one["money"]
    assert program("GET", f"/parcels/{one['parcels'][0]}").json()["parcel"]["order_ref"] == one["ref"]
    assert program("GET", "/orders?marketplace=ebay&number=8002").json()["total"] == 0


def test_an_order_is_read_and_corrected_for_all_its_parcels(program: Program) -> None:
    one = program("POST", "/parcels", {"numbers": ["RB740193524CN"], "order": BOUGHT}).json()["parcel"]
    other = program("POST", "/parcels", {"numbers": ["RB125847363CN"]}).json()["parcel"]
    ref = one["order_ref"]
    Parcel.objects.filter(ref=other["ref"]).update(order=Parcel.objects.get(ref=one["ref"]).order)

    order = program("GET", f"/orders/{ref}").json()
    assert order["ref"] == ref and order["order"]["lines"] == BOUGHT["lines"] and order["money"]
    assert {row["ref"] for row in order["parcels"]} == {one["ref"], other["ref"]}
    assert program("GET", f"/orders/{ref}?lang=ru").json()["parcels"][0]["headline"]["text"]

    end = "2027-01-20T00:00:00Z"
    fixed = program("PATCH", f"/orders/{ref}?lang=ru", {"seller": "Shop", "protection_end": end})
    assert fixed.status_code == 200 and fixed.json()["order"]["seller"] == "Shop"
    assert fixed.json()["order"]["lines"] == BOUGHT["lines"]  # what is left out stays
    assert fixed.json() == program("GET", f"/orders/{ref}?lang=ru").json()
    for each in (one, other):
        told = program("GET", f"/parcels/{each['ref']}").json()["dossier"]["order"]
        assert told["seller"] == "Shop" and told["protection_end"] == end
        kept, now = (program("GET", f"/parcels/{each['ref']}/{path}").json() for path in ("answers", "answer"))
        assert kept["answers"][0]["answer"]["clock"]["limits"] == now["clock"]["limits"]  # thought over at once
        assert "aliexpress" in now["clock"]["policy"] and end in [limit["at"] for limit in now["clock"]["limits"]]

    back = program("PATCH", f"/orders/{ref}", {"protection_end": None}).json()
    assert "protection_end" not in back["order"] and back["order"]["seller"] == "Shop"
    program("PATCH", f"/parcels/{other['ref']}", {"order": {"seller": "Shop 2"}})
    assert program("GET", f"/orders/{ref}").json()["order"]["seller"] == "Shop 2"
    assert "`shiped`" in problem(program("PATCH", f"/orders/{ref}", {"shiped": "2026-11-01"}), "invalid")
    assert "paid" in problem(program("PATCH", f"/orders/{ref}", {"paid": "2026-02-30"}), "invalid")

    for each in (one, other):
        program("PUT", f"/parcels/{each['ref']}/fate", {"fate": "received"})
    ended = program("GET", f"/orders/{ref}").json()
    assert ended["money"] is None and ended["order"]["received"] is True
    assert program("PATCH", f"/orders/{ref}", {"paid": "2026-11-01"}).json()["order"]["paid"] == "2026-11-01"
    for each in (one, other):
        program("DELETE", f"/parcels/{each['ref']}")
    problem(program("GET", f"/orders/{ref}"), "not_found")


def test_the_document_leads_from_a_parcel_to_its_order_and_back() -> None:
    paths = document()["paths"]

    def links(path: str, method: str, status: str) -> dict[str, str]:
        found = paths[V1 + path][method]["responses"][status]["links"]
        return {name: link["parameters"]["ref"] for name, link in found.items()}

    kept, order = links("/parcels", "post", "201"), links("/orders/{ref}", "get", "200")
    assert kept["read_parcel"] == "$response.body#/ref" and kept["read_order"] == "$response.body#/parcel/order_ref"
    assert order["correct_order"] == "$response.body#/ref" and order["read_answer"] == "$response.body#/parcels/0/ref"
    assert links("/parcels/{ref}", "get", "200")["read_order"] == "$response.body#/parcel/order_ref"


def test_queries_for_a_list_do_not_grow_with_it(program: Program, django_assert_max_num_queries: Any) -> None:
    for n in range(6):
        program("POST", "/parcels", {"numbers": [f"LP0000000000{n}"], "order": {"number": f"800{n}"}})
    for path, most in (("/parcels", 8), ("/orders", 8), ("/home-assistant", 14)):
        with django_assert_max_num_queries(most):
            assert program("GET", path).status_code == 200


@pytest.mark.parametrize(
    "path, said",
    [
        ("/parcels?limit=0", "limit"),
        ("/parcels?limit=many", "limit"),
        ("/parcels?lang=xx", "lang"),
        ("/parcels?langg=ru", "langg"),
        ("/parcels?fate=gone", "fate"),
        ("/parcels?limit=1&limit=2", "once"),
        ("/orders?limit=201", "limit"),
        ("/orders?marketplace=" + "x" * 65, "marketplace"),
        ("/orders?fate=open", "fate"),
    ],
)
def test_a_wrong_address_says_what_is_wrong(program: Program, path: str, said: str) -> None:
    answer = program("GET", path)
    assert answer.status_code == 422 and said in problem(answer, "invalid")


def test_a_wrong_body_says_what_is_wrong(program: Program) -> None:
    wrong = {
        "$.order.paid": {"order": {"paid": "2026-02-30"}},
        "a day like 2026-11-24": {"today": "yesterday"},
        "an instant like": {"order": {"protection_end": "2026-11-24T12:00:00"}},
        "$.order.price.minor": {"order": {"price": {"minor": 3.5, "currency": "USD"}}},
        "`shiped`": {"order": {"shiped": "2026-11-01"}},
        "$.messages[0].by": {"messages": [{"text": "x", "by": "neighbour"}]},
        "$.numbers": {"numbers": ["1"] * 51},
        "$.order.paid_days_ago": {"order": {"paid_days_ago": 1e30}},
    }
    for said, body in wrong.items():
        assert said in problem(program("POST", "/check", body), "invalid"), said
    for raw in (b"{", b"\xff\xff", b'{"text": "\\ud800"}', b"[" * 100_000):
        answer = program.client.post(V1 + "/check", raw, content_type="application/json")
        assert answer.status_code in (400, 422), raw
    answer = program.client.post(V1 + "/check", {"text": "x"})
    assert answer.status_code == 415 and "application/json" in problem(answer, "media_type")
    for size in (table().most_bytes + 1, settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1):
        answer = program.client.post(V1 + "/check", b" " * size, content_type="application/json")
        assert answer.status_code == 413 and str(table().most_bytes) in problem(answer, "too_large")


def test_other_addresses_and_methods_are_refused_in_the_same_form(program: Program) -> None:
    for path in ("/api/v1/nothing", "/api/v2/parcels", "/api/v1/parcels/", "/api/v1/parcels/a/b/c"):
        problem(Client().get(path), "not_found")
    answer = program("PUT", "/parcels", {})
    assert answer.status_code == 405 and set(answer.headers["Allow"].split(", ")) == {"GET", "POST"}
    assert "GET, POST" in problem(answer, "method")


def test_nobody_asks_without_end(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "CONFIG", msgspec.structs.replace(settings.CONFIG, api_rate=40))
    monkeypatch.setattr("dozor.service.limits.time.time", lambda: 1_800_000_000.0)
    ask = {"data": "{}", "content_type": "application/json"}
    stranger = [Client(REMOTE_ADDR="203.0.113.5").post(V1 + "/identify", **ask) for _ in range(3)]  # type: ignore[arg-type]
    assert [answer.status_code for answer in stranger] == [200, 200, 429]
    assert int(stranger[2].headers["Retry-After"]) > 0 and "Retry-After" in problem(stranger[2], "too_many")
    assert [program("GET", "/parcels").status_code for _ in range(41)] == [200] * 40 + [429]
    guesses = [
        Client(REMOTE_ADDR="203.0.113.6").get(V1 + "/parcels", headers={"authorization": f"Bearer dozor_{n}"})
        for n in range(3)
    ]
    assert [answer.status_code for answer in guesses] == [401, 401, 429]


def test_a_check_keeps_nothing_and_asks_nobody(program: Program) -> None:
    open_ = Client().post(V1 + "/check?lang=ru", json.dumps(THIN), content_type="application/json")
    assert open_.status_code == 200 and open_.json()["diagnosis"]["causes"]
    assert program("POST", "/check", {}).status_code == 200
    found = program("POST", "/identify", {"numbers": ["RB740193524CN"], "text": "or LP00123456789012?"}).json()
    assert [each["raw"] for each in found["mentions"]] == ["RB740193524CN", "LP00123456789012"]
    assert found["mentions"][0]["readings"][0]["reasons"][0]["text"]
    assert not Parcel.objects.exists()


def test_nobody_plants_proof(program: Program) -> None:
    report = {"carrier": "belpost", "number": "RB740193524CN", "outcome": {"kind": "unknown_number"}}
    forged = {**report, "snapshot": {"sha256": "0" * 64, "address": "x", "at": "2026-11-24T12:00:00Z"}}
    assert "snapshot" in problem(program("POST", "/parcels", {**THIN, "reports": [forged]}), "invalid")
    assert program("POST", "/parcels", {**THIN, "reports": [report]}).status_code == 201


def test_home_assistant_hears_its_own_words(program: Program, anna: Person) -> None:
    contract = home_assistant.contract()
    words = set(contract.statuses)
    assert words == set(home_assistant.Status.__args__)  # type: ignore[attr-defined]
    assert set(contract.milestones) == set(Milestone) and {*contract.milestones.values()} <= words
    scans = [
        {"text": "Accepted", "milestone": "accepted", "when": {"local": "2026-11-02T10:00:00", "offset": 480}},
        {
            "text": "Ready for pick-up",
            "milestone": "available_for_pickup",
            "when": {"local": "2026-11-20T10:00:00", "offset": 180},
            "place": {"text": "Minsk 220050"},
        },
    ]
    report = {"carrier": "belpost", "number": "RB740193524CN", "outcome": {"kind": "found"}, "weight_grams": 120}
    order = {"destination": "BY", "protection_end": "2026-12-30T00:00:00Z", "seller": "Shop"}
    dossier = {"numbers": ["RB740193524CN"], "order": order, "reports": [{**report, "events": scans}]}
    ref = program("POST", "/parcels?title=Cable", dossier).json()["ref"]
    told = program("GET", "/home-assistant?history=yes&lang=en").json()
    assert (told["incoming_parcels"], told["awaiting_pickup"], told["delivered_parcels"]) == (1, 1, 0)
    (one,) = told["parcels"]
    keys = "carrier barcode sender receiver status raw_status delivered delivered_at planned_from planned_to pickup"
    keys += (
        " pickup_point url weight dimensions history diagnosis confidence decide_by protection_ends next_action numbers"
    )
    assert set(keys.split()) <= set(one)
    assert one["status"] == "at_pickup_point" and one["pickup"] is True and one["pickup_point"] == "Minsk 220050"
    assert one["barcode"] == "RB740193524CN" and one["sender"] == "Shop" and one["receiver"] is None
    assert one["weight"] == 0.12 and "RB740193524CN" in one["url"] and one["protection_ends"].startswith("2026-12-30")
    assert [scan["status"] for scan in one["history"]] == ["in_transit", "at_pickup_point"]
    assert one["diagnosis"] and one["next_action"] and 0 < one["confidence"] <= 1
    assert program("GET", "/home-assistant").json()["parcels"][0]["history"] == []
    program("PUT", f"/parcels/{ref}/fate", {"fate": "received"})
    ended = program("GET", "/home-assistant").json()
    assert ended["delivered_parcels"] == 1 and ended["parcels"][0]["status"] == "delivered"
    assert ended["parcels"][0]["delivered_at"]
    program("PUT", f"/parcels/{ref}/fate", {"fate": "not_mine"})
    assert program("GET", "/home-assistant").json()["parcels"] == []
    assert {Fate.RECEIVED, Fate.LOST} == set(contract.fates)


def test_the_document_is_whole(client: Client) -> None:
    told = client.get(V1 + "/openapi.json")
    assert told.status_code == 200 and told.json() == json.loads(json.dumps(document()))
    made = document()
    assert {(method, path) for path, row in made["paths"].items() for method in row} == {
        (row.method.lower(), V1 + row.path) for row in OPERATIONS
    }
    names = json.dumps(made)
    for part in names.split('"#/components/schemas/')[1:]:
        assert part.partition('"')[0] in made["components"]["schemas"]
    for schema in made["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    assert tuple(bounds().words["lang"]) == LANGUAGES
    (lang,) = (each for each in made["paths"][f"{V1}/parcels"]["get"]["parameters"] if each["name"] == "lang")
    assert lang["schema"]["enum"] == sorted(LANGUAGES)
    # The answer's form is that of docs/schema, field by field.
    ours = made["components"]["schemas"]["Answer"]["properties"]
    theirs = msgspec.json.schema(Answer)["$defs"]["Answer"]["properties"]
    assert set(ours) == set(theirs)


def test_the_page_of_operations_names_each(client: Client) -> None:
    page = client.get("/api/")
    assert page.status_code == 200
    for row in OPERATIONS:
        assert f"{row.method} /api/v1{row.path}" in page.text


def test_a_parcel_is_called_what_its_owner_calls_it(program: Program) -> None:
    ref = program("POST", "/parcels?title=Case", THIN).json()["ref"]
    assert program("PATCH", f"/parcels/{ref}", {"title": "Чехол", "order": {"seller": "Shop"}}).status_code == 200
    one = program("GET", f"/parcels/{ref}").json()
    assert one["parcel"]["title"] == "Чехол" and one["dossier"]["order"]["seller"] == "Shop"
    assert program("PATCH", f"/parcels/{ref}", {"events_seen": False}).status_code == 200
    assert program("GET", f"/parcels/{ref}").json()["parcel"]["title"] == "Чехол"  # what is left out stays
    problem(program("PATCH", f"/parcels/{ref}", {"title": "x" * 257}), "invalid")
    program("PATCH", f"/parcels/{ref}", {"title": ""})
    assert program("GET", f"/parcels/{ref}").json()["parcel"]["title"] == ""


def test_a_defect_is_told_in_the_form_of_every_refusal(
    program: Program, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from dozor.service.api import endpoints

    def broken(*_: Any) -> None:
        raise ZeroDivisionError("secret of the inside")

    ref = program("POST", "/parcels", THIN).json()["ref"]
    monkeypatch.setattr(endpoints.actions, "current_answer", broken)
    answer = program("GET", f"/parcels/{ref}/answer")
    assert answer.status_code == 500 and "secret" not in problem(answer, "failed")
    assert "ZeroDivisionError" in caplog.text and f"/parcels/{ref}/answer" in caplog.text


def test_what_fails_before_the_interface_is_no_page_for_programs(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dozor.service import middleware

    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    program.client.raise_request_exception = False
    monkeypatch.setattr(middleware.OwnLanguage, "__call__", broken)
    answer = program("GET", "/parcels")
    assert answer.status_code == 500
    problem(answer, "failed")
    page = program.client.get("/healthz")
    assert page.status_code == 500 and page.headers["Content-Type"].startswith("text/html")
