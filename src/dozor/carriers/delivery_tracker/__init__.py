"""delivery-tracker."""

from dozor.carriers.base.shape import Shaped

CONNECTOR = Shaped("delivery_tracker")
