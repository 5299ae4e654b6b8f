"""The Hugging Face Hub on loopback, as far as its own client needs it to read and push Spaces. It lives in memory."""

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import huggingface_hub.hf_api
import pytest
from huggingface_hub import constants

Files = dict[str, bytes]


class Request(NamedTuple):
    """What came in. token: from the header Authorization; empty without one. headers: all of them, as they came."""

    method: str
    path: str
    token: str
    headers: str = ""


@dataclass
class Space:
    """A repository: the files of each commit, and the newest. host, stage: of its app, if it has one."""

    private: bool = False
    host: str = ""
    stage: str = "RUNNING"
    commits: dict[str, Files] = field(default_factory=dict)
    newest: str = ""

    def commit(self, files: Files, removed: Collection[str] = ()) -> str:
        kept = {name: data for name, data in self.commits.get(self.newest, {}).items() if name not in removed}
        all_files = {**kept, **files}
        text = repr((self.newest, sorted(all_files.items()))).encode()
        self.newest = hashlib.sha1(text).hexdigest()
        self.commits[self.newest] = all_files
        return self.newest

    def at(self, revision: str) -> str:
        return self.newest if revision == "main" else revision


class HubServer(ThreadingHTTPServer):
    """The server, on a port that the system chose. spaces: by "owner/name". tokens: the user of each token.

    models: what its router says that providers serve.

    faults: what is done instead, by the path; it is given the handler.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.spaces: dict[str, Space] = {}
        self.tokens: dict[str, str] = {}
        self.models: list[Any] = []
        self.requests: list[Request] = []
        self.faults: dict[str, Callable[[_Handler], None]] = {}
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def add(self, repo: str, *, private: bool = False, **files: str | bytes) -> str:
        """Make or extend a Space, and return the commit. files: the names have _ for the dot, as in tool_py."""
        space = self.spaces.setdefault(repo, Space(private))
        named = {name.replace("_", "."): text for name, text in files.items()}
        return space.commit({name: t.encode() if isinstance(t, str) else t for name, t in named.items()})

    def add_app(self, repo: str, host: str) -> None:
        """Make a Space with an app and no tool. host: the address of the app."""
        self.add(repo, app_py="import gradio")
        self.spaces[repo].host = host

    def file(self, repo: str, name: str) -> str:
        space = self.spaces[repo]
        return space.commits[space.newest][name].decode()


def served(name: str, *, tools: bool = True, pictures: bool = False, window: int | None = 131_072) -> dict[str, Any]:
    """What the router says of a model that one provider serves."""
    takes = ["text", "image"] if pictures else ["text"]
    provider = {"provider": "nebius", "status": "live", "supports_tools": tools, "context_length": window}
    return {"id": name, "object": "model", "architecture": {"input_modalities": takes}, "providers": [provider]}


def be_the_hub(server: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have all clients of this process take the server for the Hub."""
    monkeypatch.setattr(constants, "ENDPOINT", server.url)
    template = server.url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(huggingface_hub.hf_api.api, "endpoint", server.url)


@contextmanager
def hub_server() -> Generator[HubServer]:
    server = HubServer()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: HubServer  # pyright: ignore[reportIncompatibleVariableOverride]  # no other server makes this handler
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else the body waits 40 ms for the headers to be acknowledged

    def do_GET(self) -> None:
        self._begin()
        if fault := self.server.faults.get(self.at):
            fault(self)
        elif self.at == "/v1/models":
            self.reply({"object": "list", "data": self.server.models})
        elif self.at.startswith("/api/spaces/"):
            self._info(self.at.removeprefix("/api/spaces/"))
        elif self.at.startswith("/spaces/") and "/resolve/" in self.at:
            self._file(self.at.removeprefix("/spaces/"))
        else:
            self.reply({}, 404)

    do_HEAD = do_GET

    def do_POST(self) -> None:
        self._begin()
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        if fault := self.server.faults.get(self.at):
            fault(self)
        elif self.at == "/api/repos/create":
            self._create(json.loads(body))
        elif self.at == "/api/validate-yaml":
            self.reply({"errors": [], "warnings": []})
        elif "/preupload/" in self.at:
            files = json.loads(body)["files"]
            modes = [{"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in files]
            self.reply({"files": modes})
        elif "/commit/" in self.at:
            self._commit([json.loads(line) for line in body.splitlines()])
        else:
            self.reply({}, 404)

    def _begin(self) -> None:
        self.at = unquote(urlsplit(self.path).path)
        self.token = (self.headers["Authorization"] or "").removeprefix("Bearer ")
        self.user = self.server.tokens.get(self.token, "")
        self.server.requests.append(Request(self.command, self.at, self.token, str(self.headers)))

    def _space(self, repo: str) -> Space | None:
        """The Space, if it is there and this user may see it; else the request is answered, alike for both."""
        if self.token and not self.user:
            self.refuse(401, "", "Invalid credentials in Authorization header")
            return None
        space = self.server.spaces.get(repo)
        if not space or (space.private and self.user != repo.split("/")[0]):
            self.refuse(404 if self.user else 401, "RepoNotFound" if self.user else "", "Repository not found")
            return None
        return space

    def _info(self, path: str) -> None:
        repo, _, revision = path.partition("/revision/")
        if not (space := self._space(repo)):
            return
        commit = space.at(revision or "main")
        if commit not in space.commits:
            self.refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
            return
        files = [{"rfilename": name, "size": len(data)} for name, data in space.commits[commit].items()]
        info = {"id": repo, "sha": commit, "private": space.private, "siblings": files, "sdk": "gradio"}
        self.reply(info | ({"host": space.host, "runtime": {"stage": space.stage}} if space.host else {}))

    def _file(self, path: str) -> None:
        repo, _, rest = path.partition("/resolve/")
        revision, _, name = rest.partition("/")
        if not (space := self._space(repo)):
            return
        commit = space.at(revision)
        if commit not in space.commits:
            self.refuse(404, "RevisionNotFound", "Invalid rev id")
        elif name not in space.commits[commit]:
            self.refuse(404, "EntryNotFound", "Entry not found", X_Repo_Commit=commit)
        else:
            data = space.commits[commit][name]
            etag = f'"{hashlib.sha1(data).hexdigest()}"'
            self.send(data, content_type="text/plain", ETag=etag, X_Repo_Commit=commit)

    def _create(self, wanted: dict[str, Any]) -> None:
        owner = wanted.get("organization") or self.user
        repo = f"{owner}/{wanted['name']}"
        url = f"{self.server.url}/spaces/{repo}"
        if not self.user:
            self.refuse(401, "", "Invalid credentials in Authorization header")
        elif self.user != owner:
            self.refuse(403, "", "You don't have the rights to create a space under this namespace")
        elif repo in self.server.spaces:
            self.reply({"error": "You already created this space repo", "url": url}, 409)
        else:
            private = wanted.get("visibility") == "private"
            self.server.add(
                repo, private=private, README_md=f"---\nsdk: {wanted['sdk']}\ntitle: {wanted['name']}\n---\n"
            )
            self.reply({"url": url, "name": repo})

    def _commit(self, lines: list[dict[str, Any]]) -> None:
        repo = self.at.removeprefix("/api/spaces/").partition("/commit/")[0]
        if not (space := self._space(repo)):
            return
        if self.user != repo.split("/")[0]:
            self.refuse(403, "", "You don't have the right to write here")
            return
        files = {
            line["value"]["path"]: base64.b64decode(line["value"]["content"]) for line in lines if line["key"] == "file"
        }
        removed = {line["value"]["path"] for line in lines if line["key"] == "deletedFile"}
        commit = space.commit(files, removed)
        self.reply({"commitUrl": f"{self.server.url}/spaces/{repo}/commit/{commit}", "commitOid": commit})

    def refuse(self, status: int, code: str, message: str, **headers: str) -> None:
        told = {"X_Error_Code": code} if code else {}
        self.reply({"error": message}, status, X_Error_Message=message, **told, **headers)

    def reply(self, body: Any, status: int = 200, **headers: str) -> None:
        self.send(json.dumps(body).encode(), status, content_type="application/json", **headers)

    def send(self, data: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: pytest shows what matters."""
