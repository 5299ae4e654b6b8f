import httpx
import pytest

from agent_core.errors import ToolError
from agent_core.net.transport import PublicTransport, check_url


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "127.1", "0", "[::1]", "[::ffff:7f00:1]"],
)
async def test_every_way_to_write_loopback_is_refused(host):
    async with httpx.AsyncClient(transport=PublicTransport(), trust_env=False) as client:
        with pytest.raises(ToolError, match="not on the public web"):
            await client.get(f"http://{host}/")


async def test_one_private_answer_among_public_ones_is_refused():
    async def mixed(host: str) -> list[str]:
        return ["1.1.1.1", "10.0.0.1"]

    with pytest.raises(ToolError, match="not on the public web"):
        await PublicTransport(resolve=mixed).handle_async_request(httpx.Request("GET", "http://example.com"))


@pytest.mark.parametrize("url", ["ftp://example.com/", "file:///etc/passwd", "example.com", "http://", "javascript:1"])
def test_only_http_addresses_with_a_host_are_taken(url):
    with pytest.raises(ToolError, match="starts with http"):
        check_url(httpx.URL(url))


def test_a_password_in_an_address_is_refused_and_not_repeated():
    with pytest.raises(ToolError, match="password") as caught:
        check_url(httpx.URL("https://name:hunter2@example.com/"))
    assert "hunter2" not in str(caught.value)
