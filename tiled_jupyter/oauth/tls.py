"""One TLS context for the whole process: making one takes longer than asking a server near by."""

from __future__ import annotations

import functools
import ssl

import httpx


@functools.cache
def tls_context() -> ssl.SSLContext:
    """Give the context that trusts what httpx trusts, ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` included."""
    return httpx.create_ssl_context()
