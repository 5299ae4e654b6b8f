"""The requests of code that runs elsewhere: forwarded by the far end, and served by the app."""

import json
from collections.abc import Awaitable, Callable

from agent_core.events import SandboxEvent
from agent_core.sandbox.host.guest_requests import GuestRequests, Request, Response, answering
from agent_core.sandbox.host.tool_calls import reply
from agent_core.sandbox.host.worker_messages import ConnectMessage, UsedMessage
from agent_core.sandbox.policy import Policy

_PERMITTED = "permitted"


class RemoteRequests(GuestRequests):
    """Serves the requests of code elsewhere: in the app, as for code here, but for connections.

    Those are only permitted here; the far end makes them, and looks up the names, by the same rules about addresses.
    """

    async def _connected(self, message: ConnectMessage, *, lasts: bool) -> Response:
        return Response(reply(message.id, value={"outcome": _PERMITTED, "lasts": lasts}))


class ForwardedRequests(GuestRequests):
    """Has the app serve the requests of code here.

    Args:
        forward: Sends the app a request, and returns the frame with its answer.
        report: Sends the app a notice of a tool's call.
        ask_for_time: Asks the app for more time.
        emit: Takes events; there are none here.
    """

    def __init__(
        self,
        forward: Callable[[Request], Awaitable[bytes]],
        report: Callable[[UsedMessage], None],
        ask_for_time: Callable[[], Awaitable[bool]],
        emit: Callable[[SandboxEvent], None],
    ) -> None:
        super().__init__((), Policy(), set(), emit)
        self._forward_request = forward
        self._report = report
        self._ask_for_time = ask_for_time

    async def allow_more_time(self, so_far: str) -> bool:
        return await self._ask_for_time()

    def emit_used(self, message: UsedMessage) -> None:
        self._report(message)

    async def _answer(self, message: Request) -> Response:
        frame = await self._forward_request(message)
        if isinstance(message, ConnectMessage):
            answer = json.loads(frame[4:]).get("value")
            if answer and answer["outcome"] == _PERMITTED:
                return await answering(message, self._connected(message, lasts=answer["lasts"]))
        return Response(frame)
