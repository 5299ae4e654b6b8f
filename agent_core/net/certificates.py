"""The certificates that sites are verified with."""

import functools
import ssl

import httpx


@functools.cache
def certificates() -> ssl.SSLContext:
    """Return the TLS context for all connections. It is loaded once: loading blocks the event loop for 18 ms."""
    return httpx.create_ssl_context()
