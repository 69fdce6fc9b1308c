"""Who knows? The only room that talks to the world: one folder a system behind one protocol."""

from dozor.carriers.recorded import RecordedError, read_recorded
from dozor.carriers.registry import Link, Planned, carriers, connector, key_parts, links, plan, systems, use

__all__ = [
    "Link",
    "Planned",
    "RecordedError",
    "carriers",
    "connector",
    "key_parts",
    "links",
    "plan",
    "read_recorded",
    "systems",
    "use",
]
