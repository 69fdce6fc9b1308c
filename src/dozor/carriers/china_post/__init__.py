"""China Post and China EMS."""

from dozor.carriers.china_post.client import ChinaPost, sealed

CONNECTOR = ChinaPost()

__all__ = ["CONNECTOR", "ChinaPost", "sealed"]
