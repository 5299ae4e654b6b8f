"""The certificates by which sites are known."""

import functools
import ssl

import httpx


@functools.cache
def certificates() -> ssl.SSLContext:
    """Loaded once, for all connections of the app: it takes 18 ms, for which the event loop would stand still."""
    return httpx.create_ssl_context()
