import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from tests.support import App, signed_in_cookie
from ui.config import Config
from ui.security.origins import OwnPagesOnly

HOME = Config(hosts=("chat.example.org",))
SPACE = Config(space_id="Owner/My_Name", space_host="owner-my-name.hf.space", hosts=("chat.example.org",))


@pytest.mark.parametrize(
    ("config", "origin", "host", "status"),
    [
        (HOME, None, "anything.example", 200),  # a program
        (HOME, "http://127.0.0.1:7860", "127.0.0.1:7860", 200),
        (HOME, "http://[::1]:7860", "[::1]:7860", 200),
        (HOME, "http://localhost:7860", "localhost:7860", 200),
        (HOME, "http://mybox:7860", "mybox:7860", 200),
        (HOME, "https://chat.example.org", "127.0.0.1:7860", 200),  # a proxy, and the name is known
        (HOME, "http://127.0.0.1:7861", "127.0.0.1:7860", 403),  # another app of this machine
        (HOME, "http://evil.example:7860", "127.0.0.1:7860", 403),
        (HOME, "http://evil.example:7860", "evil.example:7860", 403),  # a name that was pointed here
        (HOME, "http://[", "127.0.0.1:7860", 403),
        (HOME, "null", "127.0.0.1:7860", 403),
        (HOME, "", "", 403),
        (HOME, "https://huggingface.co", "127.0.0.1:7860", 403),
        (SPACE, None, "owner-my-name.hf.space", 200),
        (SPACE, "https://owner-my-name.hf.space", "owner-my-name.hf.space", 200),
        (SPACE, "https://huggingface.co", "owner-my-name.hf.space", 200),
        (SPACE, "https://chat.example.org", "owner-my-name.hf.space", 200),
        (SPACE, "https://evil.hf.space", "owner-my-name.hf.space", 403),
        (SPACE, "https://evil.hf.space", "evil.hf.space", 403),
        (SPACE, "http://owner-my-name.hf.space", "owner-my-name.hf.space", 403),
        (SPACE, "https://owner-my-name.hf.space.evil.example", "owner-my-name.hf.space", 403),
        (SPACE, "https://evil.huggingface.co", "owner-my-name.hf.space", 403),
        (SPACE, "http://127.0.0.1:7860", "127.0.0.1:7860", 403),
        (SPACE, "null", "owner-my-name.hf.space", 403),
        (Config(space_id="Owner/My_Name"), "https://owner-my-name.hf.space", "x", 200),
    ],
)
async def test_only_programs_and_the_own_pages_get_anything(config, origin, host, status):
    headers = {"host": host} | ({} if origin is None else {"origin": origin})
    async with _client(config) as client:
        assert (await client.post("/", headers=headers)).status_code == status
        assert (await client.get("/", headers=headers)).status_code == status


@pytest.mark.parametrize(
    ("site", "mode", "path", "status"),
    [
        (None, None, "/files/k/a.csv", 200),  # a program
        ("same-origin", "no-cors", "/files/k/a.csv", 200),
        ("none", "navigate", "/files/k/a.csv", 200),  # typed, or from a bookmark
        ("cross-site", "navigate", "/", 200),
        ("cross-site", "navigate", "/login/callback", 200),
        ("cross-site", "navigate", "/owner", 200),
        ("cross-site", "no-cors", "/owner", 403),
        ("cross-site", "navigate", "/logout", 403),
        ("cross-site", "navigate", "/files/k/a.csv", 403),
        ("cross-site", "no-cors", "/", 403),
        ("cross-site", "no-cors", "/files/k/a.csv", 403),
        ("same-site", "no-cors", "/gradio_api/file=/tmp/a.png", 403),  # another app of this machine
    ],
)
async def test_links_of_other_sites_lead_to_the_page_only(site, mode, path, status):
    headers = {"sec-fetch-site": site, "sec-fetch-mode": mode} if site else {}
    for config in (HOME, SPACE):
        async with _client(config) as client:
            assert (await client.get(path, headers=headers)).status_code == status


@pytest.mark.parametrize("origin", ["https://evil.example", "https://evil.hf.space", "null"])
def test_a_foreign_page_cannot_use_who_has_signed_in(app: App, origin: str):
    cookies = {"session": signed_in_cookie("hf_canary")}
    own = httpx.Client(base_url=app.url, cookies=cookies, headers={"origin": "https://owner-name.hf.space"})
    foreign = httpx.Client(base_url=app.url, cookies=cookies, headers={"origin": origin})
    call = {"data": ["Hello?"]}
    for path in ("call/ask", "queue/join", "cancel", "upload", "mcp/"):
        response = foreign.post(f"/gradio_api/{path}", json=call)
        assert (response.status_code, "another site" in response.text) == (403, True)
    for path in ("/", "/config", "/gradio_api/info", "/logout", "/gradio_api/queue/data?session_hash=x"):
        assert foreign.get(path).status_code == 403
    assert own.post("/gradio_api/call/ask", json=call).status_code == 200


def _client(config: Config) -> httpx.AsyncClient:
    app = Starlette(routes=[Route("/{path:path}", lambda _: PlainTextResponse("hello"), methods=["GET", "POST"])])
    return httpx.AsyncClient(transport=httpx.ASGITransport(OwnPagesOnly(app, config=config)), base_url="http://test")
