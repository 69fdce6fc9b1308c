"""YunExpress."""

from dozor.carriers.base.shape import Shaped
from dozor.carriers.yunexpress.client import signature

CONNECTOR = Shaped("yunexpress")

__all__ = ["CONNECTOR", "signature"]
