import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from ui.config import Config
from ui.security import OwnPagesOnly, SecurityHeaders


async def test_every_response_forbids_pictures_and_frames_from_elsewhere():
    app = SecurityHeaders(Starlette(routes=[Route("/page", lambda _: PlainTextResponse("hello"))]))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        for path, status in (("/page", 200), ("/nothing", 404)):
            response = await client.get(path)
            policy = response.headers["content-security-policy"]
            assert response.status_code == status
            assert "img-src 'self' data: blob:;" in policy and "object-src 'none'" in policy
            assert "frame-src 'none'" in policy and "form-action 'self'" in policy


@pytest.mark.parametrize(
    ("origin", "host", "status"),
    [
        (None, "anything.example", 200),  # a program
        ("http://127.0.0.1:7860", "127.0.0.1:7860", 200),
        ("http://[::1]:7860", "[::1]:7860", 200),
        ("http://localhost:7860", "localhost:7860", 200),
        ("http://mybox:7860", "mybox:7860", 200),
        ("https://chat.example.org", "127.0.0.1:7860", 200),  # a proxy, and the name is known
        ("http://127.0.0.1:7861", "127.0.0.1:7860", 403),  # another app of this machine
        ("http://evil.example:7860", "127.0.0.1:7860", 403),
        ("http://evil.example:7860", "evil.example:7860", 403),  # a name that was pointed here
        ("http://[", "127.0.0.1:7860", 403),
        ("null", "127.0.0.1:7860", 403),
        ("", "", 403),
    ],
)
async def test_only_programs_and_the_own_page_may_send(origin, host, status):
    routes = [Route("/", lambda _: PlainTextResponse("hello"), methods=["GET", "POST"])]
    headers = {"host": host} | ({} if origin is None else {"origin": origin})
    for space, expected in (("", status), ("owner/name", 200)):
        app = OwnPagesOnly(Starlette(routes=routes), config=Config(hosts=("chat.example.org",), space_id=space))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            assert (await client.post("/", headers=headers)).status_code == expected
            assert (await client.get("/", headers=headers)).status_code == 200
