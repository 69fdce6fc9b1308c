"""Paste, watch, correct, receive: each page for its owner alone, with plain forms."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from dozor.i18n import LANGUAGES
from dozor.model import Dossier, Message, Money, Order
from dozor.service.language import djangos
from dozor.service.parcels import actions, mapping
from dozor.service.parcels.models import Fate, Parcel, Person
from dozor.service.web import asking
from dozor.service.web.limits import limits
from tests.service.conftest import somebody

TEXT = "RB740193524CN, shipped 24 days ago, 3.20 USD, 36 days of protection left, AliExpress"
UNSPOKEN = re.compile(r"\b(?:web|unit|cause|step|watch|outcome|reply)\.[a-z_]+\b")


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cache.clear()


def logged_in(person: Person) -> Client:
    client = Client()
    client.force_login(person.user)
    return client


def watched(person: Person, text: str = TEXT, **facts: Any) -> Parcel:
    now = timezone.now()
    return actions.add_dossier(person, asking.named(Dossier(text=text, today=now.date(), **facts)), now)


def test_first_run_leads_from_the_box_to_the_watched_parcel(client: Client, db: Any) -> None:
    assert client.post("/watch/", {"text": TEXT}).headers["Location"] == "/accounts/signup/"
    words = {"username": "olga", "password1": "long and odd 7", "password2": "long and odd 7"}
    assert client.post("/accounts/signup/", words).headers["Location"] == "/welcome/"
    page = client.get("/welcome/").content.decode()
    assert "Watch the parcel" in page and "Asia/Almaty" in page
    profile = {"lang": "ru", "zone": "Asia/Almaty", "country": "KZ", "style": "patient", "theme": "dark", "then": "on"}
    assert client.post("/welcome/", profile).headers["Location"] == "/kept/"
    parcel_page = client.get("/kept/", follow=True)
    parcel = Parcel.objects.select_related("owner", "order").get()
    assert parcel_page.redirect_chain[-1][0] == f"/parcels/{parcel.ref}/"
    assert (parcel.owner.zone, parcel.owner.style, parcel.order.destination) == ("Asia/Almaty", "patient", "KZ")
    page = parcel_page.content.decode()
    assert [row.number for row in parcel.numbers.all()] == ["RB740193524CN"]
    assert 'lang="ru"' in page and 'data-theme="dark"' in page and "Теперь мы за ней следим" in page
    assert client.get("/kept/").headers["Location"] == "/parcels/"  # nothing is taken in twice
    client.post("/watch/", {"text": TEXT})
    assert Parcel.objects.count() == 1  # the same again is the same parcel


def test_what_is_watched_already_is_said_so_and_not_doubled(anna: Person, boris: Person) -> None:
    parcel, client = watched(anna), logged_in(anna)
    page = client.post("/", {"text": "RB740193524CN"}).content.decode()
    assert 'id="known"' in page and f"/parcels/{parcel.ref}/" in page and "Watch this parcel" not in page
    again = client.post("/watch/", {"text": "RB740193524CN"}, follow=True)
    assert again.redirect_chain[-1][0] == f"/parcels/{parcel.ref}/" and "already" in again.content.decode()
    assert 'id="known"' not in logged_in(boris).post("/", {"text": "RB740193524CN"}).content.decode()
    assert 'id="known"' not in client.post("/", {"text": "where is my parcel"}).content.decode()


def test_a_button_pressed_twice_keeps_one_parcel(anna: Person) -> None:
    client = logged_in(anna)
    for text in ("8199633578334590", "where is my parcel", "8199633578334590"):
        client.post("/watch/", {"text": text})
        client.post("/watch/", {"text": text})
    assert Parcel.objects.of(anna).count() == 2


def test_who_is_known_logs_in_and_comes_back_to_the_parcel(anna: Person, client: Client) -> None:
    door = client.post("/watch/", {"text": TEXT}).headers["Location"]
    assert door == "/accounts/login/?next=/kept/"
    page = client.post(door, {"login": "anna", "password": "anna", "next": "/kept/"}, follow=True)
    assert page.redirect_chain[-1][0] == f"/parcels/{Parcel.objects.get().ref}/"


def test_the_carriers_are_asked_where_the_visitor_wants_it(
    client: Client, db: Any, peer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import msgspec
    from django.conf import settings

    monkeypatch.setattr(settings, "CONFIG", msgspec.structs.replace(settings.CONFIG, addresses={"": peer.url}))
    offered = client.post("/", {"text": "LP00990011223344"}).content.decode()
    assert "Ask the carriers" in offered and 'class="timeline"' not in offered and not peer.seen["cainiao"]
    asked = client.post("/ask/", {"text": "LP00990011223344"}).content.decode()
    assert 'class="timeline"' in asked and "Cainiao" in asked
    before = peer.seen["cainiao"]
    client.post("/ask/", {"text": "LP00990011223344"})
    assert peer.seen["cainiao"] == before  # what was said a short time ago is not asked again
    anna = somebody("anna")
    parcel_page = logged_in(anna).post("/watch/", {"text": "LP00990011223344"}, follow=True).content.decode()
    assert 'class="timeline"' in parcel_page  # and goes along when it is watched


def test_the_list_is_sorted_by_need_and_says_what_each_needs(anna: Person) -> None:
    watched(anna)
    lost = watched(
        anna,
        "RA123456785CN",
        order=Order(
            marketplace="aliexpress",
            shipped_days_ago=70,
            protection_days_left=1,
            price=Money(4000, "USD"),
            destination="RU",
        ),
    )
    over = watched(anna, "RB125847363CN")
    actions.mark_received(over, timezone.now())
    page = logged_in(anna).get("/parcels/").content.decode()
    assert page.index("RA123456785CN") < page.index("RB740193524CN") < page.index("RB125847363CN")
    assert 'class="mark red"' in page and "40.00 USD" in page and "43.20 USD" in page and 'class="over"' in page
    assert actions.parcel_of(anna, lost.ref).attention > 50


def test_the_list_names_the_money_that_a_claim_can_still_bring_back(anna: Person) -> None:
    client, now = logged_in(anna), timezone.now()

    def money() -> str:
        return re.sub(r"\s+", " ", client.get("/parcels/").content.decode().partition('class="counts"')[2])[:400]

    def bought(number: str, price: int, left: int, **more: Any) -> Parcel:
        order = Order(
            marketplace="aliexpress",
            number=f"81{price}",
            shipped_days_ago=40,
            protection_days_left=left,
            price=Money(price, "USD"),
            destination="RU",
        )
        return watched(anna, number, order=order, **more)

    safe = bought("RA123456785CN", 4000, 20)
    bought("RB125847363CN", 700, -60)
    assert "under protection 40.00 USD" in money()
    other = actions.add_dossier(anna, Dossier(numbers=("RB740193524CN",)), now)
    Parcel.objects.filter(pk=other.pk).update(order=safe.order)  # a second parcel of the same order
    actions.mark_received(safe, now)
    assert "40.00 USD" in money()
    actions.delete_parcel(actions.parcel_of(anna, other.ref))
    assert "under protection" not in money()
    actions.reopen(actions.parcel_of(anna, safe.ref), now)
    assert "under protection 40.00 USD" in money()


def test_an_empty_list_offers_the_box_and_a_household(anna: Person) -> None:
    client = logged_in(anna)
    assert "Load the demo household" in client.get("/parcels/").content.decode()
    page = client.post("/demo/", follow=True).content.decode()
    many = Parcel.objects.filter(owner=anna, demo=True).count()
    assert many >= 4 and page.count("<li>") == many
    client.post("/demo/")
    assert Parcel.objects.filter(owner=anna, demo=True).count() == many
    own = watched(anna)
    client.post("/demo/", {"remove": "1"})
    assert list(Parcel.objects.of(anna)) == [own]


def test_what_the_buyer_says_changes_the_answer(anna: Person) -> None:
    parcel, client = watched(anna), logged_in(anna)
    at = f"/parcels/{parcel.ref}/"
    page = client.post(f"{at}said/", {"text": "Dear friend, please cancel the dispute", "by": "seller"}, follow=True)
    assert "What it means" in page.content.decode() and "Dear friend" in page.content.decode()
    client.post(f"{at}dispute/", {"state": "waiting_buyer", "opened": "2026-11-20"})
    kept = mapping.read_dossier(actions.parcel_of(anna, parcel.ref))
    assert kept.dispute and kept.dispute.state.value == "waiting_buyer" and str(kept.dispute.opened) == "2026-11-20"
    assert kept.messages[0].text.startswith("Dear friend")
    page = client.post(f"{at}dispute/", {"state": "none"}, follow=True).content.decode()
    assert "Noted: there is no dispute." in page
    assert mapping.read_dossier(actions.parcel_of(anna, parcel.ref)).dispute is None
    client.post(f"{at}fate/", {"fate": "received"})
    assert actions.parcel_of(anna, parcel.ref).fate == Fate.RECEIVED
    assert "Received on" in client.get(at).content.decode()
    client.post(f"{at}fate/", {"fate": "open"})
    assert actions.parcel_of(anna, parcel.ref).fate == Fate.OPEN
    assert client.post(f"{at}fate/", {"fate": "nonsense"}).status_code == 404


def test_facts_are_corrected_and_what_is_not_shown_stays(anna: Person) -> None:
    parcel = watched(anna, order=Order(city="Алматы", extensions=1))
    client, at = logged_in(anna), f"/parcels/{parcel.ref}/facts/"
    form = client.get(at).context["form"]
    sent = {name: value if value is not None else "" for name, value in form.initial.items()}
    sent |= {
        "title": "Lens",
        "amount": "96.00",
        "currency": "EUR",
        "protection_end": "2027-01-10",
        "numbers": "RB740193524CN\nRB125847363CN",
    }
    sent |= {name: str(sent[name]) for name in ("paid", "shipped", "promised")}
    assert client.post(at, sent).status_code == 302
    kept = mapping.read_dossier(actions.parcel_of(anna, parcel.ref))
    assert kept.order.price == Money(9600, "EUR") and str(kept.order.protection_end)[:10] == "2027-01-10"
    assert kept.order.city == "Алматы" and kept.order.extensions == 1
    assert kept.numbers == ("RB740193524CN", "RB125847363CN")
    assert "Lens" in client.get("/parcels/").content.decode()
    assert client.post(at, {**sent, "paid": "32.13.2026"}).status_code == 422
    assert client.post(at, {**sent, "currency": ""}).status_code == 422


@pytest.mark.parametrize("part", ["correct", "rename"])
def test_a_form_of_facts_is_kept_whole_or_not_at_all(part: str, anna: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    parcel = watched(anna)
    client = logged_in(anna)
    client.raise_request_exception = False

    def broken(*words: object, **more: object) -> None:
        raise OSError("the power is gone")

    monkeypatch.setattr(actions, part, broken)
    facts = {"title": "Lens", "seller": "Shop", "numbers": "RB740193524CN"}
    assert client.post(f"/parcels/{parcel.ref}/facts/", facts).status_code == 500
    kept = actions.parcel_of(anna, parcel.ref)
    assert (kept.title, kept.order.seller) == (parcel.title, parcel.order.seller)


def test_a_parcel_is_named_on_its_page(anna: Person) -> None:
    parcel, client = watched(anna), logged_in(anna)
    at = f"/parcels/{parcel.ref}/"
    assert 'id="name"' in client.get(at).content.decode()
    page = client.post(f"{at}name/", {"title": "  A lens\n for Anna "}, follow=True).content.decode()
    assert "A lens for Anna" in page and actions.parcel_of(anna, parcel.ref).title == "A lens for Anna"
    client.post(f"{at}name/", {"title": ""})
    assert "RB740193524CN" in client.get("/parcels/").content.decode()


def test_the_settings_lead_to_the_tokens(anna: Person) -> None:
    page = logged_in(anna).get("/settings/").content.decode()
    assert 'href="/api/tokens/"' in page and 'href="/api/"' in page


def test_the_buyer_says_whom_to_ask(anna: Person) -> None:
    parcel, client = watched(anna), logged_in(anna)
    at = f"/parcels/{parcel.ref}/carrier/"
    client.post(at, {"number": "RB740193524CN", "system": "cainiao"})
    assert parcel.numbers.get().pinned == "cainiao"
    assert client.post(at, {"number": "RB740193524CN", "system": "nobody"}).status_code == 404
    assert client.post(at, {"number": "RB000000000CN", "system": "cainiao"}).status_code == 404


def test_deleting_asks_once_more(anna: Person) -> None:
    parcel, client = watched(anna), logged_in(anna)
    assert client.get(f"/parcels/{parcel.ref}/delete/").status_code == 200 and Parcel.objects.exists()
    client.post(f"/parcels/{parcel.ref}/delete/")
    assert not Parcel.objects.exists()


def test_somebody_elses_parcel_is_as_absent_as_none(anna: Person, boris: Person) -> None:
    parcel, client = watched(anna), logged_in(boris)
    for path in ("", "facts/", "delete/"):
        mine, none = client.get(f"/parcels/{parcel.ref}/{path}"), client.get(f"/parcels/never/{path}")
        assert mine.status_code == none.status_code == 404
    for path in ("said/", "fate/", "name/", "dispute/", "facts/", "carrier/", "delete/"):
        assert client.post(f"/parcels/{parcel.ref}/{path}", {"fate": "received", "text": "x"}).status_code == 404
    assert actions.parcel_of(anna, parcel.ref).fate == Fate.OPEN
    assert "RB740193524CN" not in client.get("/parcels/").content.decode()
    assert b"RB740193524CN" not in client.get("/settings/export.json").content


@pytest.mark.django_db
def test_whoever_is_not_logged_in_sees_nothing_of_anybody() -> None:
    parcel = watched(somebody("anna"))
    for path in (
        "/parcels/",
        f"/parcels/{parcel.ref}/",
        "/settings/",
        "/sources/",
        "/settings/export.json",
        "/welcome/",
    ):
        answer = Client().get(path)
        assert answer.status_code == 302 and answer.headers["Location"].startswith("/accounts/login/")


def test_a_key_is_kept_and_never_shown_again(anna: Person) -> None:
    client = logged_in(anna)
    assert "api.17track.net" in client.get("/sources/").content.decode()
    client.post("/sources/seventeentrack/", {"key": "hunter2-secret"})
    assert actions.keys_of(anna)["seventeentrack"] == {"key": "hunter2-secret"}
    for path in ("/sources/", "/sources/seventeentrack/", "/settings/export.json", "/settings/"):
        assert "hunter2" not in client.get(path).content.decode()
    client.post("/sources/seventeentrack/", {"remove": "1"})
    assert "seventeentrack" not in actions.keys_of(anna)
    assert client.get("/sources/cainiao/").status_code == 404


def test_everything_goes_away_when_asked_twice(anna: Person, boris: Person) -> None:
    watched(anna)
    other = watched(boris)
    client = logged_in(anna)
    client.post("/settings/delete/", {})
    assert Parcel.objects.of(anna).exists()
    client.post("/settings/delete/", {"sure": "1", "account": "1"})
    assert list(Parcel.objects.all()) == [other]
    assert client.get("/parcels/").status_code == 302


def test_data_can_be_taken_along(anna: Person) -> None:
    watched(anna)
    client = logged_in(anna)
    assert client.get("/settings/export.json").json()["parcels"][0]["dossier"]["numbers"] == ["RB740193524CN"]
    assert "RB740193524CN" in client.get("/settings/export.csv").content.decode()


def test_words_of_others_are_only_text_everywhere(anna: Person) -> None:
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'
    parcel = watched(
        anna,
        f"RB740193524CN {evil}",
        messages=(Message(text=evil),),
        order=Order(seller=evil, number=evil, service=evil),
    )
    actions.rename(parcel, evil)
    client = logged_in(anna)
    for path in (
        "/parcels/",
        f"/parcels/{parcel.ref}/",
        f"/parcels/{parcel.ref}/facts/",
        f"/parcels/{parcel.ref}/delete/",
    ):
        page = client.get(path).content.decode()
        assert "<script>alert" not in page and "<img src=x" not in page


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_page_is_whole_in_every_language(lang: str, anna: Person) -> None:
    anna.lang = lang
    anna.save()
    parcel, client = watched(anna, messages=(Message(text="wait"),)), logged_in(anna)
    actions.mark_lost(watched(anna, "RB125847363CN"), timezone.now())
    paths = ["/", "/parcels/", f"/parcels/{parcel.ref}/", f"/parcels/{parcel.ref}/facts/", "/sources/", "/settings/"]
    paths += ["/welcome/", "/sources/ups/", "/settings/delete/", "/accounts/password/change/", "/accounts/2fa/"]
    paths += ["/accounts/logout/", "/nowhere/"]
    for path in paths:
        page = client.get(path).content.decode()
        words = re.sub(r"<[^>]*>", " ", page)
        assert not UNSPOKEN.search(words), (path, UNSPOKEN.search(words))
        assert f'<html lang="{djangos(lang)}"' in page
        assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=|(?:src|href)=\"(?:https?:)?//", page), path


def test_the_visitor_chooses_a_language_without_an_account(client: Client, db: Any) -> None:
    client.post("/language/", {"language": "uk", "next": "/"})
    assert "Перевірити" in client.get("/").content.decode()
    away = client.post("/language/", {"language": "uk", "next": "https://evil.example/"})
    assert away.headers["Location"] == "/"


def test_a_deep_link_answers(client: Client, db: Any) -> None:
    assert "RS123456789CN" in client.get("/?q=RS123456789CN").content.decode()


def test_too_often_is_told_so(db: Any) -> None:
    stranger = Client(REMOTE_ADDR="203.0.113.7")
    row = limits().of("ask")
    answers = [stranger.post("/ask/", {"text": "hello"}) for _ in range(row.times + 1)]
    assert [answer.status_code for answer in answers] == [200] * row.times + [429]
    assert answers[-1].headers["Retry-After"] and "too often" in answers[-1].content.decode()
    assert Client(REMOTE_ADDR="203.0.113.8").post("/ask/", {"text": "hello"}).status_code == 200


def test_error_pages_are_pages(client: Client, db: Any) -> None:
    missing = client.get("/nowhere/")
    assert missing.status_code == 404 and "There is no such page" in missing.content.decode()
    strict = Client(enforce_csrf_checks=True)
    refused = strict.post("/watch/", {"text": TEXT})
    assert refused.status_code == 403 and "The form was not accepted" in refused.content.decode()


@pytest.mark.parametrize("many", [3, 60])
def test_the_list_asks_the_database_a_bounded_number_of_times(
    many: int, anna: Person, django_assert_max_num_queries: Any
) -> None:
    parcel = watched(anna)
    for _ in range(many - 1):
        parcel.pk, parcel.ref = None, f"copy{_}"
        parcel.save()
    client = logged_in(anna)
    with django_assert_max_num_queries(8):
        page = client.get("/parcels/").content.decode()
    assert page.count("<li>") == min(many, 50)


def test_the_parcels_page_asks_the_database_a_bounded_number_of_times(
    anna: Person, django_assert_max_num_queries: Any
) -> None:
    parcel, client = watched(anna), logged_in(anna)
    with django_assert_max_num_queries(15):
        client.get(f"/parcels/{parcel.ref}/")


def test_a_year_typed_in_half_is_said_and_breaks_nothing(anna: Person) -> None:
    parcel, client = watched(anna), logged_in(anna)
    first = client.get(f"/parcels/{parcel.ref}/facts/").context["form"].initial
    kept = {name: value for name, value in first.items() if value not in (None, "")}
    for wrong in ("0002-11-03", "9999-12-31"):
        for name in ("paid", "shipped", "promised", "protection_end"):
            answer = client.post(f"/parcels/{parcel.ref}/facts/", {**kept, name: wrong})
            assert answer.status_code == 422 and list(answer.context["form"].errors) == [name], (name, wrong)
        told = {"state": "waiting_seller", "opened": wrong}
        assert client.post(f"/parcels/{parcel.ref}/dispute/", told).status_code == 422


def test_strangers_do_not_push_out_the_count_of_wrong_passwords(anna: Person) -> None:
    """Whoever guesses may not have the guesses forgotten by asking for other things meanwhile."""
    guess = {"login": "anna", "password": "wrong"}
    guesser = Client(REMOTE_ADDR="203.0.113.7")
    for _ in range(6):
        answer = guesser.post("/accounts/login/", guess)
    assert "errorlist" in answer.text and "/parcels/" not in answer.headers.get("Location", "")
    for n in range(2000):
        cache.set(f"limit:check:2001:db8::{n}", 1, 60)
        asking.caches["said"].set(f"said:upu:{n}", b"x", 60)
    answer = Client(REMOTE_ADDR="203.0.113.9").post("/accounts/login/", {"login": "anna", "password": "anna"})
    assert answer.status_code != 302  # the account is still closed for a while


def test_taking_everything_along_is_counted(anna: Person) -> None:
    away = Client(REMOTE_ADDR="203.0.113.7")
    away.force_login(anna.user)
    states = [away.get("/settings/export.csv").status_code for _ in range(limits().of("export").times + 1)]
    assert states[-2:] == [200, 429]


def test_a_zone_that_the_machine_does_not_know_breaks_no_page(anna: Person) -> None:
    anna.zone = "Europe/Atlantis"
    anna.save()
    parcel, client = watched(anna), logged_in(anna)
    for path in ("/parcels/", f"/parcels/{parcel.ref}/", f"/parcels/{parcel.ref}/facts/", "/sources/"):
        answer = client.get(path, follow=True)
        assert answer.status_code == 200, path
