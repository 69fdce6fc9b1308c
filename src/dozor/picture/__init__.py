"""An answer as a picture: the parcel above, the protection clock below, one line for today."""

from dozor.picture.draw import THEMES, draw
from dozor.picture.svg import stylesheet

__all__ = ["THEMES", "draw", "stylesheet"]
