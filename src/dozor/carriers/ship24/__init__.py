"""Ship24."""

from dozor.carriers.base.shape import Shaped

CONNECTOR = Shaped("ship24")
