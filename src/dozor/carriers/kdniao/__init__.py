"""KdNiao."""

from dozor.carriers.kdniao.client import KdNiao, signature

CONNECTOR = KdNiao()

__all__ = ["CONNECTOR", "KdNiao", "signature"]
