"""4PX."""

from dozor.carriers.base.shape import Shaped

CONNECTOR = Shaped("fourpx")
