"""Secrets at rest: Fernet under a key file beside the database; the file may hold older keys below the newest."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from dozor.service import keyfiles


class SealError(RuntimeError):
    """A secret that no key of the key file opens; says what to do."""


@lru_cache(maxsize=4)
def _keys(path: Path) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keyfiles.lines(path, Fernet.generate_key().decode("ascii"))])


def seal(secret: bytes) -> bytes:
    """Encrypted and signed."""
    return _keys(settings.CONFIG.keys / "secrets.key").encrypt(secret)


def unseal(sealed: bytes) -> bytes:
    """The secret. Raises SealError where the key file is another one."""
    try:
        return _keys(settings.CONFIG.keys / "secrets.key").decrypt(bytes(sealed))
    except InvalidToken:
        raise SealError(
            f"a stored secret cannot be read with {settings.CONFIG.keys / 'secrets.key'}: "
            "restore the key file of its time, or enter the secret anew"
        ) from None


def opener(raw: bytes) -> Callable[[bytes], bool]:
    """Whether the keys of a key file, given as its bytes, open a secret; no keys open none."""
    try:
        found = MultiFernet([Fernet(key) for key in raw.split()])
    except ValueError:  # no keys, or what is none
        return lambda sealed: False

    def opens(sealed: bytes) -> bool:
        try:
            found.decrypt(sealed)
        except InvalidToken:
            return False
        return True

    return opens


def forget() -> None:
    """The key file was put back: it is read again."""
    _keys.cache_clear()
