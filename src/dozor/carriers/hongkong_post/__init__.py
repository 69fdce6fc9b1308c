"""Hongkong Post."""

from dozor.carriers.hongkong_post.client import HongkongPost

CONNECTOR = HongkongPost()
