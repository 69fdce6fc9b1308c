"""Russian Post, the site's own data."""

from dozor.carriers.base.shape import Shaped

CONNECTOR = Shaped("russian_post_site")
