"""How unusual is this silence? Will it come by the day? Priors of lanes and stages, and what a silence adds to them."""

from dozor.forecast.outlook import outlook, service_class, tracked_prior

__all__ = ["outlook", "service_class", "tracked_prior"]
