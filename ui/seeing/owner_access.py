"""Who may see what the app's owner sees: who has the owner's key, or is signed in as the one whose Space it is."""

import hashlib
import hmac
import os
from http.cookies import SimpleCookie

from starlette.requests import HTTPConnection

from ui.config import Config
from ui.visitors import account_name_of

_COOKIE = "glassbox-owner"
_SECONDS = 30 * 86_400  # for which a browser may see it after the key was given


class OwnerAccess:
    """Knows the owner.

    Args:
        config: Has the owner's key, and whose Space it is.
    """

    def __init__(self, config: Config) -> None:
        self._key = config.owner_key.get_secret_value().encode()
        self._space = config.space_id
        self._author = config.space_author

    def is_owner(self, connection: HTTPConnection) -> bool:
        """Return whether the owner sent a request: with the key as a bearer's, with the cookie, or signed in."""
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self.is_key(token.strip()):
            return True
        cookie = connection.cookies.get(_COOKIE, "")
        return self._is_same(cookie, self._cookie_value()) or self._is_signed_in(connection)

    def is_key(self, given: str) -> bool:
        """Return whether this is the owner's key."""
        return self._is_same(given, self._key.decode())

    def cookie(self, scheme: str) -> str:
        """Return the cookie that lets a browser in from now on. It is not the key, and scripts cannot read it.

        A "Strict" one would not be sent by who follows a link to the page from elsewhere; and nothing changes by it.
        """
        cookie = SimpleCookie({_COOKIE: self._cookie_value()})[_COOKIE]
        cookie["path"], cookie["max-age"], cookie["httponly"], cookie["samesite"] = "/", _SECONDS, True, "Lax"
        cookie["secure"] = bool(self._space) or scheme == "https"
        return cookie.OutputString()

    def _cookie_value(self) -> str:
        return hmac.new(self._key, b"the owner's page", hashlib.sha256).hexdigest()

    def _is_same(self, given: str, wanted: str) -> bool:
        """Compare in a time that tells nothing. Without a key of the owner's nothing is the same."""
        return bool(self._key) and hmac.compare_digest(given.encode(), wanted.encode())

    def _is_signed_in(self, connection: HTTPConnection) -> bool:
        """Return whether the Space's owner is signed in. Elsewhere everybody knows the key of Gradio's sessions."""
        can_sign_in = bool(self._space and os.environ.get("OAUTH_CLIENT_SECRET"))
        return can_sign_in and bool(self._author) and account_name_of(connection.scope) == self._author
