"""TNT ExpressConnect."""

from dozor.carriers.base.shape import Shaped

CONNECTOR = Shaped("tnt")
