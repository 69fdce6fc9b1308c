"""USPS Tracking v3."""

from dozor.carriers.base.shape import Shaped

CONNECTOR = Shaped("usps")
