"""What every connector shares: the protocol, reading of hostile answers, politeness, the one way to the network."""

from dozor.carriers.base.politeness import Manners, Pace
from dozor.carriers.base.protocol import Ask, Connector, Request, Response, System
from dozor.carriers.base.reading import StatusTable, read_safely
from dozor.carriers.base.shape import Shaped
from dozor.carriers.base.transport import Transport

__all__ = [
    "Ask",
    "Connector",
    "Manners",
    "Pace",
    "Request",
    "Response",
    "Shaped",
    "StatusTable",
    "System",
    "Transport",
    "read_safely",
]
