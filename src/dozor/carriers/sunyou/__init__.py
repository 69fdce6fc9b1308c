"""SunYou."""

from dozor.carriers.base.shape import Shaped

CONNECTOR = Shaped("sunyou")
