"""PostNL."""

from dozor.carriers.postnl.client import PostNl

CONNECTOR = PostNl()
