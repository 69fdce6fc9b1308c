"""UPS Track v1."""

from dozor.carriers.base.shape import Shaped

CONNECTOR = Shaped("ups")
