"""Where was it, and what did the clock there show? Countries, cities, offices of exchange, postal indices."""

from dozor.journey.places.find import Found, city_name, find_place, region_of

__all__ = ["Found", "city_name", "find_place", "region_of"]
