"""Russian Post, batch tickets."""

from dozor.carriers.russian_post_batch.client import RussianPostBatch

CONNECTOR = RussianPostBatch()
