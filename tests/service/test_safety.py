"""Closed by default: headers, cookies, key files, logs, health to this machine alone."""

from __future__ import annotations

import logging
import re
import stat
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from dozor.service import keyfiles, logs
from dozor.service.parcels import secrets
from tests.service.conftest import somebody


@pytest.mark.django_db
def test_every_page_forbids_the_rest_of_the_world() -> None:
    for path in ("/healthz", "/accounts/login/", "/"):
        answer = Client().get(path)
        assert answer.status_code == 200
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=|(?:src|href)=[\"']?(?:https?:)?//", answer.text)


def test_a_stranger_host_is_refused(client: Client) -> None:
    assert client.get("/healthz", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.django_db
def test_forms_want_their_token() -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/accounts/login/", {"login": "anna", "password": "anna"}).status_code == 403


@pytest.mark.django_db
def test_the_first_account_is_the_owners_and_then_the_door_is_closed() -> None:
    words = {"username": "olga", "password1": "long and odd 7", "password2": "long and odd 7"}
    door = Client()
    assert door.post("/accounts/signup/", words).status_code == 302
    from django.contrib.auth import get_user_model

    owner = get_user_model().objects.get()
    assert owner.username == "olga" and owner.is_superuser
    again = Client().post("/accounts/signup/", {**words, "username": "petr"})
    assert get_user_model().objects.count() == 1 and again.status_code in (200, 302)


@pytest.mark.django_db
def test_metrics_are_for_this_machine_or_for_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    here, there = Client(REMOTE_ADDR="127.0.0.1"), Client(REMOTE_ADDR="203.0.113.9")
    assert "dozor_parcels" in here.get("/metrics").text
    assert there.get("/metrics").status_code == 403
    assert here.get("/metrics", headers={"x-forwarded-for": "203.0.113.9"}).status_code == 403
    import msgspec

    monkeypatch.setattr(settings, "CONFIG", msgspec.structs.replace(settings.CONFIG, metrics_token="t0ken"))
    assert here.get("/metrics").status_code == 403
    assert there.get("/metrics", headers={"authorization": "Bearer t0ken"}).status_code == 200


@pytest.mark.django_db
def test_it_says_whether_it_is_ready(client: Client) -> None:
    assert client.get("/healthz").text == "ok\n"
    assert client.get("/readyz").json() == {"ready": True, "missing": []}


@pytest.mark.django_db
def test_that_it_is_ready_is_found_out_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from dozor.service import health

    plans: list[bool] = [True, False]  # something is to be done; then nothing is
    monkeypatch.setattr(health, "_up_to_date", set())
    monkeypatch.setattr(health.MigrationExecutor, "migration_plan", lambda self, targets: [1] if plans.pop(0) else [])
    assert client.get("/readyz").json() == {"ready": False, "missing": ["schema"]}
    for _ in range(3):  # a third plan would find none left
        assert client.get("/readyz").json() == {"ready": True, "missing": []}


@pytest.mark.parametrize("code", ["en", "ru", "uk", "zh-hans"])
def test_the_page_of_a_fault_says_its_language(code: str) -> None:
    from django.template.loader import render_to_string
    from django.utils import translation

    with translation.override(code):
        assert f'<html lang="{code}">' in render_to_string("500.html")


def test_a_key_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "a.key"
    made = keyfiles.secret(path)
    assert len(made) > 40 and keyfiles.secret(path) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    with pytest.raises(keyfiles.KeyFileError, match="chmod 600"):
        keyfiles.secret(path)


def test_keys_are_rotated_by_putting_a_new_one_above(monkeypatch: pytest.MonkeyPatch) -> None:
    from cryptography.fernet import Fernet

    path = settings.CONFIG.keys / "secrets.key"
    sealed = secrets.seal(b"hunter2")
    assert b"hunter2" not in sealed
    before = path.read_text()
    try:
        path.write_text(Fernet.generate_key().decode() + "\n" + before)
        secrets._keys.cache_clear()
        assert secrets.unseal(sealed) == b"hunter2"
        path.write_text(Fernet.generate_key().decode() + "\n")
        secrets._keys.cache_clear()
        with pytest.raises(secrets.SealError, match="key file"):
            secrets.unseal(sealed)
    finally:
        path.write_text(before)
        secrets._keys.cache_clear()


@pytest.mark.parametrize(
    "line",
    [
        "cannot reach smtp://anna:hunter2@mail.example",
        "sent Authorization: Bearer hunter2 to api.example",
        "GET /x?api_key=hunter2&number=1",
        "{'token': 'hunter2', 'a': 1}",
        "17token=hunter2",
        "password: hunter2",
        "Internal Server Error: /calendar/hunter2.ics",
        "Internal Server Error: /accounts/password/reset/key/1-hunter2/",
    ],
)
def test_no_secret_reaches_the_log(line: str) -> None:
    assert "hunter2" not in logs.clean(line)


@given(st.text())
def test_a_line_of_the_log_is_one_line(text: str) -> None:
    record = logging.LogRecord("dozor.x", logging.INFO, "x.py", 1, "said %s", (text,), None)
    assert logs.NoSecrets().filter(record)
    assert len(logs.Line().format(record).splitlines()) == 1


def test_the_password_is_asked_with_a_second_factor_where_one_is_set(db: Any) -> None:
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import TOTP

    person = somebody("vera")
    TOTP.activate(person.user, "JBSWY3DPEHPK3PXP")
    kept = Authenticator.objects.get(user=person.user, type="totp")
    assert "JBSWY3DPEHPK3PXP" not in str(kept.data)  # encrypted at rest
    answer = Client().post("/accounts/login/", {"login": "vera", "password": "vera"})
    assert answer.status_code == 302 and "2fa" in answer.headers["Location"]


def test_the_administration_has_no_door_of_its_own(db: Any) -> None:
    """Its login knows of no second factor and counts no wrong passwords: whoever goes there comes in by the one door."""
    from allauth.mfa.totp.internal.auth import TOTP

    person = somebody("vera")
    person.user.is_staff = person.user.is_superuser = True
    person.user.save()
    TOTP.activate(person.user, "JBSWY3DPEHPK3PXP")
    visitor = Client()
    answer = visitor.post("/admin/login/?next=/parcels/", {"username": "vera", "password": "vera", "next": "/parcels/"})
    assert "_auth_user_id" not in visitor.session
    assert answer.status_code == 302 and answer.headers["Location"].startswith("/accounts/login/?next=")
    assert visitor.get("/parcels/").headers["Location"].startswith("/accounts/login/")
    visitor.force_login(person.user)
    assert visitor.get("/admin/").status_code == 200
    stranger = Client()
    stranger.force_login(somebody("boris").user)
    assert stranger.get("/admin/").status_code in (302, 403)
    assert stranger.get("/admin/login/?next=/admin/", follow=True).status_code == 403


def test_a_letter_leads_home_whatever_name_the_house_was_called_by(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks for another's new password by a host name of his choice would get the key that the letter carries."""
    import msgspec
    from django.core import mail

    config = msgspec.structs.replace(settings.CONFIG, public_url="https://parcels.example.org", smtp_url="smtp://x")
    monkeypatch.setattr(settings, "CONFIG", config)
    somebody("vera").user.emailaddress_set.create(email="vera@example.org", verified=True, primary=True)
    door = Client(headers={"host": "localhost:1337"})
    assert door.post("/accounts/password/reset/", {"email": "vera@example.org"}).status_code == 302
    (letter,) = mail.outbox
    assert "https://parcels.example.org/accounts/password/reset/key/" in letter.body
    assert "1337" not in letter.body + letter.subject and letter.subject.startswith("Dozor: ")
