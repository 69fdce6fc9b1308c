"""Correios."""

from dozor.carriers.base.shape import Shaped

CONNECTOR = Shaped("correios")
