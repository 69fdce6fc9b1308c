"""CDEK v2."""

from dozor.carriers.base.shape import Shaped

CONNECTOR = Shaped("cdek")
