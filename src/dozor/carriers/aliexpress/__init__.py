"""AliExpress, as a dropshipper's own orders are asked for."""

from dozor.carriers.aliexpress.client import AliExpress, page_signature, signature

CONNECTOR = AliExpress()

__all__ = ["CONNECTOR", "AliExpress", "page_signature", "signature"]
