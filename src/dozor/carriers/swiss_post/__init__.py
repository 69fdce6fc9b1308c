"""Swiss Post."""

from dozor.carriers.swiss_post.client import SwissPost

CONNECTOR = SwissPost()
