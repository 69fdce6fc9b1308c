"""GdePosylka."""

from dozor.carriers.gdeposylka.client import GdePosylka

CONNECTOR = GdePosylka()
