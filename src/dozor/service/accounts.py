"""Who may have an account: the first who comes makes the owner's, further ones are made by invitation or by setting."""

from __future__ import annotations

import copy
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from msgspec import Struct

from dozor.service.language import current
from dozor.service.unchanged import Memory

_known = Memory(100)


def nobody_yet() -> bool:
    """Whether this is a first run: no account exists."""
    return not get_user_model().objects.exists()


class Backend(AuthenticationBackend):
    """allauth's way in; whoever is known comes with the person behind the account, in one query."""

    def get_user(self, user_id: Any) -> Any:
        """The account of a session, or None."""
        users = get_user_model().objects
        user = _known.get(user_id, lambda: users.select_related("person").filter(pk=user_id).first())
        if user is None or not self.user_can_authenticate(user):
            return None
        own = copy.copy(user)  # what a view does to it is this request's
        if person := own._state.fields_cache.get("person"):
            own._state.fields_cache["person"] = copy.copy(person)
        return own


class Adapter(DefaultAccountAdapter):
    """allauth's door: sign-up is closed once the owner is in, unless DOZOR_SIGNUP opens it."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether this visitor may make an account."""
        return bool(settings.CONFIG.signup) or nobody_yet()

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        """The first account is the owner's: it may use the administration, too."""
        if nobody_yet():
            user.is_staff = user.is_superuser = True
        saved = super().save_user(request, user, form, commit)
        if commit:
            from dozor.service.parcels.people import person_of

            person = person_of(saved)
            person.lang = current()  # the pages go on in the language of the visitor
            person.save(update_fields=["lang"])
        return saved

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Letters name the house by the address that its owner gave, whatever name the visitor called it by."""
        base = settings.CONFIG.public_url
        super().send_mail(template_prefix, email, {**context, "current_site": House(base)} if base else context)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The address in the letter: whoever asked for it by another name must not choose where it leads."""
        return _at_home(super().get_reset_password_from_key_url(key))

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        """The same for an address that is to be confirmed."""
        return _at_home(super().get_email_confirmation_url(request, emailconfirmation))


class House(Struct, frozen=True):
    """What letters are told of the site: its domain, and the name of the product."""

    url: str
    name: str = "Dozor"

    @property
    def domain(self) -> str:
        """The host, with its port where it has one of its own."""
        return urlsplit(self.url).netloc


def _at_home(url: str) -> str:
    parts, base = urlsplit(url), settings.CONFIG.public_url
    return f"{base}{parts.path}" if base else url


class SecondFactor(DefaultMFAAdapter):
    """Secrets of the second factor are stored encrypted, under the key file of all stored secrets."""

    def encrypt(self, text: str) -> str:
        """For the database."""
        from dozor.service.parcels.secrets import seal

        return seal(text.encode()).decode("ascii")

    def decrypt(self, encrypted_text: str) -> str:
        """From the database."""
        from dozor.service.parcels.secrets import unseal

        return unseal(encrypted_text.encode("ascii")).decode()
