"""Errors about MCP servers, in sentences that name the server and contain no secrets."""

from collections.abc import Iterable

import anyio
import httpx
from mcp import McpError, types

from agent_core.errors import ToolError
from agent_core.net.redaction import redact

_NEEDS_A_KEY = (401, 403)
_TOO_MANY = 429
_TERMINATED = "Session terminated"  # the error that the client library makes up if the server answers with 404
_CLOSED = "Connection closed"  # the one that it makes up if the connection has ended
LOST = types.ErrorData(code=types.CONNECTION_CLOSED, message="The reply broke off")  # takes the place of a reply
_LONGEST = 300  # characters of the server's own words


class McpConnectionError(ToolError):
    """The connection could not be made, or broke off.

    Attributes:
        unsent: Whether the server certainly did not take the request, so that it may be sent again.
    """

    def __init__(self, message: str, *, unsent: bool = False) -> None:
        super().__init__(message)
        self.unsent = unsent


class Failures:
    """Makes the errors about one server.

    Args:
        name: The name of the server's host or program.
        of_site: Whether the server is reached over HTTP.
        secrets: Secrets that the server is given, which errors must not repeat.
    """

    def __init__(self, name: str, *, of_site: bool, secrets: Iterable[str] = ()) -> None:
        self.of_site = of_site
        self._server = f"The MCP server {name}"
        self._name = name
        self._secrets = tuple(secrets)

    def said(self, words: str) -> str:
        """Return the server's own words without the secrets that it was given."""
        return redact(words, *self._secrets)

    def of(self, error: BaseException) -> McpConnectionError:
        """Return the error that says why the connection ended."""
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        if isinstance(error, McpConnectionError):
            return error
        if isinstance(error, ToolError):  # the transport refuses the address
            return McpConnectionError(str(error))
        if isinstance(error, httpx.HTTPStatusError):
            return self._of_status(error.response.status_code)
        if isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout)):
            return McpConnectionError(f"{self._server} cannot be reached; check its address, or try again later.")
        if isinstance(error, McpError):
            is_over = error.error == LOST or self.is_closed(error)
            return self.broken_off() if is_over else self._of_refusal(error)
        if isinstance(error, OSError) and not self.of_site:
            return McpConnectionError(
                f"The program {self._name} could not be started; check that it and its folder are there."
            )
        if isinstance(error, (httpx.TransportError, anyio.ClosedResourceError, anyio.BrokenResourceError)):
            return self.broken_off()
        return self.no_server()

    def no_server(self) -> McpConnectionError:
        """Return the error for something that does not answer as an MCP server does."""
        if self.of_site:
            return McpConnectionError(
                f"{self._name} does not answer as an MCP server does at this address; check the address."
            )
        return McpConnectionError(
            f"The program {self._name} does not answer as an MCP server does; check its arguments."
        )

    def broken_off(self, *, unsent: bool = False) -> McpConnectionError:
        """Return the error for a connection that broke off, or a program that ended."""
        if self.of_site:
            text = f"The connection with the MCP server {self._name} broke off; try again where that can do no harm."
            return McpConnectionError(text, unsent=unsent)
        return McpConnectionError(
            f"The program {self._name} has ended; check its arguments, or try again.", unsent=unsent
        )

    def slow(self, seconds: float) -> McpConnectionError:
        """Return the error for a server that did not answer in time."""
        return McpConnectionError(f"{self._server} did not answer within {seconds:g} seconds; try again later.")

    def terminated(self) -> McpConnectionError:
        """Return the error for a server that does not know the session any more."""
        return McpConnectionError(f"{self._server} has ended the session; try again.", unsent=True)

    def of_call(self, error: McpError) -> ToolError:
        """Return the error for a call that the server answered with an error."""
        return ToolError(f"{self._server} refused the call: {self._reason(error)}")

    @staticmethod
    def is_closed(error: McpError) -> bool:
        return error.error.code == types.CONNECTION_CLOSED and error.error.message == _CLOSED

    @staticmethod
    def is_terminated(error: McpError) -> bool:
        return error.error.message == _TERMINATED

    def _of_status(self, status: int) -> McpConnectionError:
        if status in _NEEDS_A_KEY:
            return McpConnectionError(f"{self._server} needs a key, or does not take the one it was given.")
        if status == _TOO_MANY:
            return McpConnectionError(f"{self._server} was asked too often; wait a little.")
        if status >= httpx.codes.INTERNAL_SERVER_ERROR:
            return McpConnectionError(f"{self._server} has a failure of its own (status {status}); try again later.")
        return McpConnectionError(str(self.no_server()), unsent=True)

    def _of_refusal(self, error: McpError) -> McpConnectionError:
        if self.is_terminated(error):  # there was no session yet, so the address leads nowhere
            return self.no_server()
        return McpConnectionError(f"{self._server} refused the connection: {self._reason(error)}")

    def _reason(self, error: McpError) -> str:
        return " ".join(self.said(error.error.message).split())[:_LONGEST] or "it gave no reason"
