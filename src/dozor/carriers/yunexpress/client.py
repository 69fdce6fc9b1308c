"""YunExpress: the older interface is asked by its shape; requests of the open platform are signed. See README.md."""

from __future__ import annotations

import base64
import hashlib
import hmac


def signature(method: str, path: str, date: str, secret: str, body: str = "") -> str:
    """Of a request to the open platform: base64 of the HMAC-SHA256 of its sorted parts. `date` is milliseconds."""
    parts = {"body": body, "date": date, "method": method, "uri": path}
    text = "&".join(f"{name}={value}" for name, value in parts.items() if value)
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()
