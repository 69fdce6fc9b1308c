"""Static files: hashed names and compressed copies once collected, plain names in tests and before."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class Storage(CompressedManifestStaticFilesStorage):
    """A file that was not collected keeps its plain name instead of failing the page."""

    manifest_strict = False

    def stored_name(self, name: str) -> str:
        """The hashed name, or the plain one where nothing has been collected."""
        try:
            found: str = super().stored_name(name)
        except ValueError:
            return name
        return found
