"""Sessions in the database, as Django keeps them; read again only where the database has changed since."""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as Stored
from django.utils import timezone

from dozor.service.unchanged import Memory

_known = Memory(200)


class SessionStore(Stored):
    """The session of a visitor."""

    def load(self) -> dict[str, Any]:
        """What is in it; nothing where it has ended."""
        data, ends = _known.get(self.session_key, self._read)
        if data is None or ends <= timezone.now():
            self._session_key = None
            return {}
        return copy.deepcopy(data)

    def _read(self) -> tuple[dict[str, Any] | None, dt.datetime]:
        row = self._get_session_from_db()
        return (self.decode(row.session_data), row.expire_date) if row else (None, timezone.now())
