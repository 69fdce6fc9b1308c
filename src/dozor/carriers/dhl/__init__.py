"""DHL Shipment Tracking Unified."""

from dozor.carriers.base.shape import Shaped

CONNECTOR = Shaped("dhl")
