"""Russian Post, batch tickets."""

from dozor.carriers.base.shape import Shaped

CONNECTOR = Shaped("russian_post_batch")
