"""The pages of accounts speak the visitor's language in our own words, and look like the rest."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
import time

import msgspec
import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.test import Client

from dozor.i18n import LANGUAGES, say
from dozor.model import Text
from dozor.service.language import djangos
from tests.service.conftest import somebody

pytestmark = pytest.mark.django_db(transaction=True)  # some things are told once they are committed
STRANGE = re.compile(r"\b(?:account|web)\.[a-z_.]+\b|[Aa]uthenticator|Recovery Codes|Reauthenticate|Email")


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cache.clear()


def code(secret: str) -> str:
    """What an app shows for a secret now (RFC 6238)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    made = hmac.new(key, struct.pack(">Q", int(time.time() // 30)), hashlib.sha1).digest()
    start = made[-1] & 15
    return f"{(struct.unpack('>I', made[start : start + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


class Visitor:
    """Whoever reads the pages in one language."""

    def __init__(self, lang: str) -> None:
        self.lang, self.client = lang, Client(headers={"accept-language": djangos(lang)})

    def __call__(self, path: str, **form: str) -> str:
        """A page, or what a form leads to: whole, in the language, in our frame."""
        answer = self.client.post(path, form, follow=True) if form else self.client.get(path, follow=True)
        page = answer.content.decode()
        words = re.sub(r"<[^>]*>", " ", page)
        assert f'<html lang="{djangos(self.lang)}"' in page and 'class="masthead"' in page, path
        assert not STRANGE.search(words), (path, STRANGE.search(words))
        assert "placeholder=" not in page and " style=" not in page, path
        return page

    def says(self, id: str, page: str) -> bool:
        """Whether the page has the sentence."""
        return say(Text(id), self.lang) in page


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_second_factor_from_switching_it_on_to_switching_it_off(lang: str) -> None:
    somebody("anna", lang=lang)
    visitor = Visitor(lang)
    assert visitor.says("account.field.login", visitor("/accounts/login/"))
    visitor("/accounts/login/", login="anna", password="wrong")
    visitor("/accounts/login/", login="anna", password="anna")
    assert visitor.says("account.app.off", visitor("/accounts/2fa/"))
    page = visitor("/accounts/2fa/totp/activate/")
    if 'name="password"' in page:
        page = visitor("/accounts/reauthenticate/?next=/accounts/2fa/totp/activate/", password="anna")
        page = visitor("/accounts/2fa/totp/activate/")
    assert "data:image/svg+xml" in page
    page = visitor("/accounts/2fa/totp/activate/", code="000000")
    secret = re.search(r'aria-labelledby="secret">(\w+)<', page)
    assert secret and 'class="errorlist"' in page
    page = visitor("/accounts/2fa/totp/activate/", code=code(secret[1]))
    assert visitor.says("account.said.app_on", page) and visitor.says("account.codes.what", page)
    spare = re.findall(r"^(?:<pre[^>]*>)?(\d{8})$", page, re.MULTILINE)
    assert len(spare) == 10
    assert visitor.says("account.app.on", visitor("/accounts/2fa/"))
    assert visitor.says("account.codes.old", visitor("/accounts/2fa/recovery-codes/generate/"))
    assert visitor.client.get("/accounts/2fa/recovery-codes/download/").status_code == 200

    visitor.client.post("/accounts/logout/")
    page = visitor("/accounts/login/", login="anna", password="anna")
    assert visitor.says("account.code.what", page)
    visitor("/accounts/2fa/authenticate/", code=spare[0])
    assert visitor.client.get("/parcels/").status_code == 200
    assert visitor.says("account.again.code", visitor("/accounts/reauthenticate/"))
    assert visitor.says("account.again.password", visitor("/accounts/2fa/reauthenticate/"))
    visitor("/accounts/2fa/reauthenticate/?next=/parcels/", code=spare[1])
    assert visitor.says("account.app.stop.what", visitor("/accounts/2fa/totp/deactivate/"))
    page = visitor("/accounts/2fa/totp/deactivate/", sure="1")
    assert visitor.says("account.said.app_off", page)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_new_password_by_mail(lang: str, monkeypatch: pytest.MonkeyPatch) -> None:

    person = somebody("anna", lang=lang)
    person.user.email = "anna@example.org"
    person.user.save()
    visitor = Visitor(lang)
    assert visitor.says("account.reset.no_mail", visitor("/accounts/password/reset/"))
    monkeypatch.setattr(settings, "CONFIG", msgspec.structs.replace(settings.CONFIG, smtp_url="smtp://mail.example"))
    assert visitor.says("account.reset.what", visitor("/accounts/password/reset/"))
    assert visitor.says("account.mail.sent", visitor("/accounts/password/reset/", email="anna@example.org"))
    link = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", str(mail.outbox[0].body))
    assert link
    page = visitor(link[1])
    assert visitor.says("account.reset.new", page)
    where = re.search(r'<form method="post" action="([^"]+)"', page.partition("<main")[2])
    assert where
    page = visitor(where[1], password1="long and odd 7", password2="long and odd 7")
    assert visitor.says("account.reset.done", page)
    assert visitor.says("account.reset.stale", visitor(link[1]))
    visitor("/accounts/login/", login="anna", password="long and odd 7")
    assert visitor.says("account.mail.what", visitor("/accounts/email/"))
    visitor("/accounts/password/change/")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_second_factor_of_a_foreign_key_file_is_said_and_seen_by_the_doctor(lang: str) -> None:
    from allauth.mfa.models import Authenticator
    from cryptography.fernet import Fernet

    from dozor.service.doctor import _secrets

    person = somebody("anna", lang=lang)
    foreign = Fernet(Fernet.generate_key()).encrypt(b"JBSWY3DPEHPK3PXP").decode()
    Authenticator.objects.create(user=person.user, type="totp", data={"secret": foreign})
    visitor = Visitor(lang)
    visitor("/accounts/login/", login="anna", password="anna")
    answer = visitor.client.post("/accounts/2fa/authenticate/", {"code": "123456"})
    assert answer.status_code == 503 and visitor.says("web.error.sealed", answer.text)
    (finding,) = _secrets()
    assert finding.state == "error" and "second factors: 1 of 1" in finding.what and "backup" in finding.remedy
