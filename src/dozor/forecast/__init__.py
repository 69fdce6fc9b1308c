"""How unusual is this silence? Will it come by the day? Priors of lanes and stages, and what a silence adds to them.

Learning (`dozor.forecast.learn`) and bulk outlooks (`dozor.forecast.bulk`) need NumPy and are imported where they are
used; what was learnt (`Model`) is plain JSON, and single outlooks read it without an array library.
"""

from dozor.forecast.learnt import Model, Parcel, load
from dozor.forecast.outlook import look, outlook, service_class, tracked_prior
from dozor.forecast.predict import Prediction, predict

__all__ = [
    "Model",
    "Parcel",
    "Prediction",
    "load",
    "look",
    "outlook",
    "predict",
    "service_class",
    "tracked_prior",
]
