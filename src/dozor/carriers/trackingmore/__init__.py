"""TrackingMore v4."""

from dozor.carriers.base.shape import Shaped

CONNECTOR = Shaped("trackingmore")
