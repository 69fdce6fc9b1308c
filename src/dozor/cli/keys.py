"""The user's keys, from the environment: DOZOR_KEY_<SYSTEM>_<NAME>, for instance DOZOR_KEY_SEVENTEENTRACK_KEY."""

from __future__ import annotations

import os
from pathlib import Path

PREFIX = "DOZOR_KEY_"


def keys() -> dict[str, dict[str, str]]:
    """All keys by system and name. They are never shown, logged or written."""
    from dozor.carriers import systems

    own_systems()
    found: dict[str, dict[str, str]] = {}
    for id in systems():
        start = PREFIX + spelled(id) + "_"
        mine = {
            name[len(start) :].lower(): value for name, value in os.environ.items() if name.startswith(start) and value
        }
        if mine:
            found[id] = mine
    return found


def own_systems() -> None:
    """Adds systems of the user's own: folders in DOZOR_CARRIERS, else in ~/.config/dozor/carriers."""
    from dozor.carriers import use

    home = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    use(Path(os.environ.get("DOZOR_CARRIERS") or Path(home) / "dozor" / "carriers"))


def wanted(id: str) -> tuple[str, ...]:
    """The names of the variables that a system's keys are given in."""
    from dozor.carriers import key_parts

    return tuple(f"{PREFIX}{spelled(id)}_{name.upper()}" for name in key_parts(id)) or (f"{PREFIX}{spelled(id)}_…",)


def spelled(id: str) -> str:
    """A system's id as it stands in a variable's name."""
    return id.upper().replace("-", "_")


def not_known(name: str) -> str:
    """What to say of a system that is none: the nearest ones, and where all are."""
    from difflib import get_close_matches

    from dozor.carriers import systems

    near = get_close_matches(name, list(systems()), n=3, cutoff=0.5)
    hint = f" Did you mean {', '.join(near)}?" if near else ""
    return f"{name!r} is no system known here.{hint} `dozor carriers` lists them."
