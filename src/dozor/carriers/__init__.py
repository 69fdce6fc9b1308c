"""Who knows? The only room that talks to the world: one folder a system behind one protocol."""

from dozor.carriers.recorded import RecordedError, read_recorded
from dozor.carriers.registry import Planned, carriers, connector, plan, systems

__all__ = ["Planned", "RecordedError", "carriers", "connector", "plan", "read_recorded", "systems"]
