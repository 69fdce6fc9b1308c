"""TNT, the public page's data."""

from dozor.carriers.base.shape import Shaped

CONNECTOR = Shaped("tnt_web")
