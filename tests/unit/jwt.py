"""Access tokens as servers make them, whose signature nobody here can check."""

from __future__ import annotations

import base64
import json


def token(**said):
    """Return a token that says this."""
    payload = base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
    return f"e30.{payload}.c2ln"
