"""J&T Express (China)."""

from dozor.carriers.base.shape import Shaped

CONNECTOR = Shaped("jt_express")
