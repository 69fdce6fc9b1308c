"""Track123."""

from dozor.carriers.base.shape import Shaped

CONNECTOR = Shaped("track123")
