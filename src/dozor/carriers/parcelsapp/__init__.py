"""Parcels app v3."""

from dozor.carriers.base.shape import Shaped

CONNECTOR = Shaped("parcelsapp")
