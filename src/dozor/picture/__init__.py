"""An answer as a picture: the parcel above, the protection clock below, one line for today."""

from dozor.picture.draw import THEMES, draw, draw_each
from dozor.picture.svg import stylesheet

__all__ = ["THEMES", "draw", "draw_each", "stylesheet"]
