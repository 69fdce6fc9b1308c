"""Singapore Post."""

from dozor.carriers.base.shape import Shaped

CONNECTOR = Shaped("singapore_post")
