import httpx
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from ui.security import SecurityHeaders


async def test_every_response_forbids_pictures_and_frames_from_elsewhere():
    app = SecurityHeaders(Starlette(routes=[Route("/page", lambda _: PlainTextResponse("hello"))]))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        for path, status in (("/page", 200), ("/nothing", 404)):
            response = await client.get(path)
            policy = response.headers["content-security-policy"]
            assert response.status_code == status
            assert "img-src 'self' data: blob:;" in policy and "object-src 'none'" in policy
            assert "frame-src 'none'" in policy and "form-action 'self'" in policy
