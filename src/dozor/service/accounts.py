"""Who may have an account: the first who comes makes the owner's, further ones are made by invitation or by setting."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest

from dozor.service.language import current


def nobody_yet() -> bool:
    """Whether this is a first run: no account exists."""
    return not get_user_model().objects.exists()


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
