"""What can be reached over HTTP, in full: what Gradio serves beside this is not there."""

import socket
from collections.abc import Iterable, Iterator
from typing import Any

import httpx
import pytest
from starlette.routing import Mount

from tests.support import App
from ui.security.allowed_routes import is_allowed

# All that the app serves on a Space, as its routes are written. Whoever brings a new version of Gradio decides about
# what is new in it: the first test fails until it stands in one of the two lists.
OPEN = """
GET / · HEAD / · GET /config · GET /config/ · GET /assets/{path:path} · GET /static/{path:path}
GET /favicon.ico · GET /manifest.json · GET /pwa_icon/{size} · GET /robots.txt · GET /theme.css
GET /scripts/{script}
GET /chats · DELETE /chats · POST /chats/{id} · DELETE /chats/{id} · POST /chats/{id}/restore
POST /chats/import
GET /chats/{id}/export/{kind} · GET /chats/{id}/replay · GET /chats/{id}/turns/{turn:int}/text
GET /chat_list/column.css · GET /chat_list/column.html · GET /chat_list/column.js · GET /chat_list/drawer.js
GET /models · GET /models/provider · POST /models/servers · POST /models/check
GET /model_picker/picker.css · GET /model_picker/picker.html · GET /model_picker/picker.js
GET /model_picker/list.js · GET /model_picker/keys.js · GET /model_picker/checking.js
GET /chat_list/files.js · GET /chat_list/groups.js · GET /chat_list/menu.js · GET /chat_list/rows.js
GET /login/huggingface · GET /login/callback · GET /logout
GET /pulse · GET /health · HEAD /health · GET /metrics · GET /owner · GET /owner/owner.css · GET /owner/owner.js
GET /files/{chat} · GET /archives/{chat} · GET /previews/{chat}/{name:path}
GET /files/{chat}/{name:path} · HEAD /files/{chat}/{name:path}
GET /tables/{chat}/{table}.{ending} · HEAD /tables/{chat}/{table}.{ending}
GET /frames/{chat}/{name} · HEAD /frames/{chat}/{name}
GET /pictures/{chat}/{name} · HEAD /pictures/{chat}/{name}
GET /libraries/{name:path} · HEAD /libraries/{name:path}
GET /gradio_api/app_id · GET /gradio_api/app_id/ · GET /gradio_api/info · GET /gradio_api/info/
GET /gradio_api/startup-events · GET /gradio_api/heartbeat/{session_hash}
GET /gradio_api/file={path_or_url:path} · HEAD /gradio_api/file={path_or_url:path}
POST /gradio_api/upload · GET /gradio_api/upload_progress
POST /gradio_api/queue/join · GET /gradio_api/queue/data · POST /gradio_api/cancel
POST /gradio_api/call/{api_name} · POST /gradio_api/call/{api_name}/ · GET /gradio_api/call/{api_name}/{event_id}
MOUNT /gradio_api/mcp
"""
CLOSED = """
HEAD /metrics · HEAD /owner · HEAD /owner/owner.css · HEAD /owner/owner.js
HEAD /pulse · HEAD /files/{chat} · HEAD /archives/{chat} · HEAD /previews/{chat}/{name:path}
HEAD /chats · HEAD /chats/{id}/export/{kind} · HEAD /chats/{id}/replay · HEAD /chats/{id}/turns/{turn:int}/text
HEAD /chat_list/column.css · HEAD /chat_list/column.html · HEAD /chat_list/column.js
HEAD /chat_list/drawer.js · HEAD /chat_list/files.js · HEAD /chat_list/groups.js
HEAD /models · HEAD /models/provider
HEAD /model_picker/picker.css · HEAD /model_picker/picker.html · HEAD /model_picker/picker.js
HEAD /model_picker/list.js · HEAD /model_picker/keys.js · HEAD /model_picker/checking.js
HEAD /chat_list/menu.js · HEAD /chat_list/rows.js · HEAD /scripts/{script}
POST /gradio_api/api/{api_name}
POST /gradio_api/api/{api_name}/
POST /gradio_api/call/v2/{api_name} · POST /gradio_api/call/v2/{api_name}/
GET /gradio_api/call/v2/{api_name}/{event_id} · POST /gradio_api/component_server · POST /gradio_api/component_server/
GET /gradio_api/custom_component/{id}/{environment}/{type}/{file_name} · GET /gradio_api/deep_link
GET /gradio_api/dev/reload · GET /gradio_api/file/{path:path} · GET /gradio_api/login_check
GET /gradio_api/login_check/ · GET /gradio_api/openapi.json · POST /gradio_api/process_recording
GET /gradio_api/proxy={url_path:path} · HEAD /gradio_api/proxy={url_path:path} · GET /gradio_api/queue/status
POST /gradio_api/reset · POST /gradio_api/reset/ · POST /gradio_api/run/{api_name} · POST /gradio_api/run/{api_name}/
GET /gradio_api/runs · GET /gradio_api/runs/ · POST /gradio_api/stream/{event_id}
POST /gradio_api/stream/{event_id}/close · GET /gradio_api/stream/{session_hash}/{run}/{component_id}/playlist-file
GET /gradio_api/stream/{session_hash}/{run}/{component_id}/playlist.m3u8
GET /gradio_api/stream/{session_hash}/{run}/{component_id}/{segment_id}.{ext} · GET /gradio_api/theme.css
GET /gradio_api/token · GET /gradio_api/token/ · POST /gradio_api/undo-vibe-edit · POST /gradio_api/undo-vibe-edit/
GET /gradio_api/user · GET /gradio_api/user/ · GET /gradio_api/vibe-code · POST /gradio_api/vibe-code
GET /gradio_api/vibe-code/ · POST /gradio_api/vibe-code/ · POST /gradio_api/vibe-edit · POST /gradio_api/vibe-edit/
POST /gradio_api/vibe-starter-queries · POST /gradio_api/vibe-starter-queries/ · POST /login · POST /login/
GET /monitoring · GET /monitoring/summary · GET /monitoring/{key} · GET /openapi.json
HEAD /openapi.json · GET /pwa_icon · GET /svelte/{path:path}
"""
FILLED = {
    "{api_name}": "ask",
    "{chat}": "a-b_c",
    "{ending}": "csv",
    "{event_id}": "0f3c-9a",
    "{id}": "a-b_c",
    "{kind}": "notebook",
    "{key}": "a-b_c",
    "{name:path}": "table.csv",
    "{name}": "0a1b2c",
    "{path:path}": "index-D_8.js",
    "{path_or_url:path}": "/tmp/gradio/0a/plot.png",
    "{script}": "follow.js",
    "{size}": "192",
    "{table}": "0a1b2c",
    "{turn:int}": "12",
    "{session_hash}": "a1b2-c3",
}


# On a Space Gradio watches for changed files, by means of a package that only Spaces have.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_every_route_is_known_and_only_the_needed_ones_are_open(space_page):
    opened, closed = _listed(OPEN), _listed(CLOSED)
    assert set(_routes(space_page.app.routes)) == opened | closed
    assert [route for route in opened if not _is_open(route)] == []
    assert [route for route in closed if _is_open(route)] == []


@pytest.mark.parametrize(
    "address",
    [
        "http://{canary}/",
        "https://{canary}/",
        "HTTP://{canary}/",
        "//{canary}/",
        "/%2F{canary}/",
        "http:%2F%2F{canary}/",
        "http%3A%2F%2F{canary}%2F",
        "%68ttp://{canary}/",
        " http://{canary}/",
        "ftp://{canary}/",
        "data:text/html,x",
        "file:///etc/hostname",
        "C:/x",
        "relative/path",
        "",
    ],
)
@pytest.mark.parametrize("door", ["file=", "proxy=", "file/"])
def test_no_address_is_fetched_for_anybody(app: App, canary: socket.socket, door: str, address: str):
    where = f"127.0.0.1:{canary.getsockname()[1]}"
    response = httpx.get(f"{app.url}/gradio_api/{door}{address.format(canary=where)}")
    assert (response.status_code, response.text) == (404, "There is nothing here.")
    with pytest.raises(TimeoutError):
        canary.accept()


@pytest.mark.parametrize("path", ["/etc/hostname", "/proc/self/environ", "/tmp/../etc/hostname", "/\\127.0.0.1/x"])
def test_files_are_handed_out_of_gradios_own_folder_only(app: App, path: str):
    assert httpx.get(f"{app.url}/gradio_api/file={path}").status_code in (403, 404)


@pytest.mark.parametrize("path", ["/monitoring", "/gradio_api/dev/reload", "/gradio_api/runs", "/gradio_api/token"])
def test_what_nobody_needs_is_not_there(app: App, path: str):
    for method in ("GET", "POST", "HEAD", "OPTIONS", "PUT", "TRACE"):
        assert httpx.request(method, app.url + path).status_code == 404


def _routes(routes: Iterable[Any]) -> Iterator[str]:
    for route in routes:
        if included := getattr(route, "original_router", None):
            yield from _routes(included.routes)
        elif isinstance(route, Mount):
            yield f"MOUNT {route.path}"
        else:
            yield from (f"{method} {route.path}" for method in route.methods)


def _listed(text: str) -> set[str]:
    return {name.strip() for line in text.strip().splitlines() for name in line.split("·")}


def _is_open(route: str) -> bool:
    method, path = route.split()
    for name, value in FILLED.items():
        path = path.replace(name, value)
    return is_allowed("POST" if method == "MOUNT" else method, path)
