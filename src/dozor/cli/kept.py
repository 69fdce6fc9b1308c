"""What was asked before, and what was answered: the command line keeps systems' limits between its runs, too."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from dozor.carriers.base.politeness import Manners, Remembered
from dozor.model import OutcomeKind, Report

# Answers that hold until the number may be asked again; the others are worth another look.
HOLD = frozenset(
    {OutcomeKind.FOUND, OutcomeKind.KNOWN_WITHOUT_EVENTS, OutcomeKind.UNKNOWN_NUMBER, OutcomeKind.NOT_THEIRS}
)
MOST = 500  # answers that are kept


class Kept(Struct):
    """The paces by system and credential, and the last answer of each system about each number."""

    paces: dict[str, Remembered] = {}
    answers: dict[str, Report] = {}

    def answer(self, system: str, number: str, hours: float, now: dt.datetime) -> Report | None:
        """What a system said of a number, where it is too early to ask again."""
        report = self.answers.get(f"{system} {number}")
        if report is None or report.asked_at is None or now - report.asked_at >= dt.timedelta(hours=hours):
            return None
        return report

    def after(self, manners: Manners, reports: Iterable[Report]) -> Kept:
        """With what was asked and answered since."""
        told = {f"{each.carrier} {each.number}": each for each in reports if each.outcome.kind in HOLD}
        answers = {**{name: each for name, each in self.answers.items() if name not in told}, **told}
        return Kept({**self.paces, **manners.remembered()}, dict(list(answers.items())[-MOST:]))


def kept(urls: Mapping[str, str]) -> Kept:
    """What is kept for systems at these addresses; nothing where there is no file, or none that can be read."""
    try:
        return msgspec.json.decode(_file(urls).read_bytes(), type=Kept)
    except (OSError, msgspec.MsgspecError):
        return Kept()


def keep(state: Kept, urls: Mapping[str, str]) -> None:
    """Writes it for this user alone. A folder that cannot be written is no reason to fail."""
    file = _file(urls)
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = file.with_suffix(f".{os.getpid()}")
        part.touch(mode=0o600)
        part.write_bytes(msgspec.json.encode(state))
        part.replace(file)
    except OSError:
        return


def _file(urls: Mapping[str, str]) -> Path:
    home = os.environ.get("DOZOR_STATE") or os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    where = hashlib.sha256(repr(sorted(urls.items())).encode()).hexdigest()[:8] if urls else "systems"
    return Path(home) / "dozor" / f"asked-{where}.json"
