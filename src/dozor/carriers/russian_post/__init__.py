"""Russian Post, single access."""

from dozor.carriers.base.shape import Shaped

CONNECTOR = Shaped("russian_post")
