"""Hugging Face's Jobs and the server in each Sandbox on loopback, as far as huggingface_hub's own client needs them.

A Sandbox is a folder and processes of this machine. All of it speaks TLS, as the real one does.
"""

import asyncio
import json
import os
import secrets
import signal
import ssl
import sys
import threading
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from aiohttp import ClientError, ClientSession, WSMsgType, web
from huggingface_hub import constants

from tests.doubles.certificates import Authority

_SERVER_PORT = 49_983  # which the names of the machines have, and no machine listens at
_FINISHED = ("COMPLETED", "CANCELED", "ERROR")


@dataclass
class Job:
    """A job. spec: as the client sent it. headers: of the websockets that came for it."""

    id: str
    owner: str
    spec: dict[str, Any]
    stage: str = "SCHEDULING"
    message: str = ""
    processes: dict[str, Process] = field(default_factory=dict)
    links: list[web.WebSocketResponse] = field(default_factory=list)


@dataclass
class Faults:
    """What goes wrong. refusal: the status and words of an answer to a new job. ready: whether a machine ever is.

    ending: why a machine ends while it starts. cancel_failures: how many requests to end one fail.
    """

    refusal: tuple[int, str] | None = None
    ready: bool = True
    ending: str = ""
    cancel_failures: int = 0


class SandboxServer:
    """tokens: the account of each token. jobs: all that there were. logged: each request, as "GET /path"."""

    def __init__(self) -> None:
        self.tokens: dict[str, str] = {}
        self.jobs: list[Job] = []
        self.logged: list[str] = []
        self.faults = Faults()
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._started = threading.Event()

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def running(self) -> list[Job]:
        return [job for job in self.jobs if job.stage == "RUNNING"]

    def renew(self, tokens: dict[str, str]) -> None:
        """Be as if just started. tokens: the account of each."""

        async def renew() -> None:
            for job in self.jobs:
                await _stop(job, "CANCELED")

        self._call(renew)
        self.tokens, self.jobs, self.logged, self.faults = tokens, [], [], Faults()

    def drop_links(self) -> None:
        """Cut all websockets off, as where a network fails. Machines go on."""
        self._call(self._drop_links)

    def fail_machines(self) -> None:
        """End all machines at once, as where a host fails."""

        async def fail() -> None:
            for job in self.running:
                await _stop(job, "ERROR")

        self._call(fail)

    def serve(self, tls: ssl.SSLContext) -> None:
        self._loop.run_until_complete(self._serve(tls))
        self._loop.close()

    def wait(self) -> None:
        assert self._started.wait(20)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)

    def _call(self, work: Callable[[], Any]) -> None:
        asyncio.run_coroutine_threadsafe(work(), self._loop).result(20)

    async def _serve(self, tls: ssl.SSLContext) -> None:
        app = web.Application(client_max_size=2**26, middlewares=[self._log])
        machine = f"/{{job}}--{_SERVER_PORT}.hf.jobs"
        app.add_routes(
            [
                web.get("/api/whoami-v2", self._whoami),
                web.post("/api/jobs/{owner}", self._create),
                web.get("/api/jobs/{owner}/{job}", self._inspect),
                web.get("/api/jobs/{owner}/{job}/logs", self._logs),
                web.post("/api/jobs/{owner}/{job}/cancel", self._cancel),
                web.get(machine + "/health", self._health),
                web.post(machine + "/v1/processes", self._spawn),
                web.get(machine + "/v1/processes", self._processes),
                web.get(machine + "/v1/proxy/{port}/{rest:.*}", self._proxy),
            ]
        )
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, "localhost", 0, ssl_context=tls)
        await site.start()
        self.port = runner.addresses[0][1]
        self._started.set()
        await self._over.wait()
        for job in self.jobs:
            await _stop(job, "CANCELED")
        await runner.cleanup()

    @web.middleware
    async def _log(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.logged.append(f"{request.method} {request.path}")
        return await handler(request)

    def _account(self, request: web.Request) -> str:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.tokens:
            raise _refusal(401, "Invalid credentials in Authorization header")
        return self.tokens[token]

    def _job(self, request: web.Request) -> Job:
        account = self._account(request)
        for job in self.jobs:
            if job.id == request.match_info["job"] and job.owner == account:
                return job
        raise _refusal(404, "Job not found")

    def _machine(self, request: web.Request) -> Job:
        """The job whose machine a request is for, if that is up and the request may go there."""
        job = self._job(request)
        if job.stage != "RUNNING":
            raise _refusal(502, "no such machine")
        if request.headers.get("X-Sandbox-Token") != job.spec["secrets"]["SBX_TOKEN"]:
            raise _refusal(403, "invalid sandbox token")
        return job

    def _told(self, job: Job) -> web.Response:
        machine = f"{self.url}/{job.id}--{_SERVER_PORT}.hf.jobs"
        status = {"stage": job.stage, "message": job.message or None, "exposeUrls": [machine]}
        owner = {"id": "1", "name": job.owner, "type": "user"}
        return web.json_response({"id": job.id, "owner": owner, "status": status, "flavor": job.spec["flavor"]})

    async def _whoami(self, request: web.Request) -> web.Response:
        return web.json_response({"type": "user", "id": "1", "name": self._account(request)})

    async def _create(self, request: web.Request) -> web.Response:
        account = self._account(request)
        if self.faults.refusal:
            raise _refusal(*self.faults.refusal)
        if account != request.match_info["owner"]:
            raise _refusal(403, "You do not have access to this namespace")
        job = Job(secrets.token_hex(12), account, await request.json())
        self.jobs.append(job)
        return self._told(job)

    async def _inspect(self, request: web.Request) -> web.Response:
        return self._told(self._job(request))

    async def _logs(self, request: web.Request) -> web.Response:
        self._job(request)
        return web.Response(
            text='data: {"data": "the machine ends", "timestamp": ""}\n\n', content_type="text/event-stream"
        )

    async def _cancel(self, request: web.Request) -> web.Response:
        job = self._job(request)
        if self.faults.cancel_failures:
            self.faults.cancel_failures -= 1
            raise _refusal(500, "Internal error")
        await _stop(job, "CANCELED")
        return web.json_response({})

    async def _health(self, request: web.Request) -> web.Response:
        """The first request finds a machine that is not up yet."""
        job = self._job(request)
        if job.stage == "SCHEDULING" and self.faults.ending:
            job.stage, job.message = "ERROR", self.faults.ending
        elif job.stage == "SCHEDULING" and self.faults.ready:
            job.stage = "RUNNING"
            raise _refusal(503, "starting")
        if job.stage != "RUNNING":
            raise _refusal(503, "starting")
        return web.json_response({"ok": True, "protocol": 2})

    async def _spawn(self, request: web.Request) -> web.Response:
        job, wanted = self._machine(request), await request.json()
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # what the image has
        environment = {"PATH": path, "HOME": "/tmp", "SBX_TOKEN": "of the machine", **wanted.get("env", {})}
        process = await asyncio.create_subprocess_exec(
            *wanted["cmd"], env=environment, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, start_new_session=True
        )
        name = secrets.token_hex(4)
        job.processes[name] = process
        return web.json_response({"id": name, "pid": process.pid})

    async def _processes(self, request: web.Request) -> web.Response:
        found = [
            {"id": name, "pid": p.pid, "cmd": [], "running": p.returncode is None, "exit_code": p.returncode}
            for name, p in self._machine(request).processes.items()
        ]
        return web.json_response(found)

    async def _proxy(self, request: web.Request) -> web.StreamResponse:
        job = self._machine(request)
        address = f"ws://127.0.0.1:{request.match_info['port']}/{request.match_info['rest']}"
        async with ClientSession() as session:
            try:
                inner = await session.ws_connect(address, max_msg_size=0)
            except (ClientError, OSError):
                raise _refusal(502, "nothing listens there") from None
            outer = web.WebSocketResponse(max_msg_size=0)
            await outer.prepare(request)
            job.links.append(outer)
            await asyncio.gather(_copy(outer, inner), _copy(inner, outer))
        return outer

    async def _drop_links(self) -> None:
        for job in self.jobs:
            _cut(job)


def _refusal(status: int, message: str) -> web.HTTPException:
    kind = type("Refusal", (web.HTTPException,), {"status_code": status})
    headers = {"X-Error-Message": message}
    return kind(text=json.dumps({"error": message}), content_type="application/json", headers=headers)


def _cut(job: Job) -> None:
    for link in job.links:
        if link._req and link._req.transport:
            link._req.transport.abort()
    job.links.clear()


async def _stop(job: Job, stage: str) -> None:
    if job.stage not in _FINISHED:
        job.stage = stage
    _cut(job)
    for process in job.processes.values():
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _copy(source: Any, target: Any) -> None:
    async for message in source:
        if message.type is WSMsgType.BINARY:
            await target.send_bytes(message.data)
    await target.close()


@contextmanager
def sandbox_server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[SandboxServer]:
    """Serve, and be Hugging Face for all clients of this process. folder: an empty one."""
    authority, server = Authority(folder), SandboxServer()
    thread = threading.Thread(target=server.serve, args=[authority.server_context("localhost")], daemon=True)
    thread.start()
    server.wait()
    huggingface_hub.close_session()  # one that trusts other authorities
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca_file))
    monkeypatch.setattr(constants, "ENDPOINT", server.url)
    try:
        yield server
    finally:
        huggingface_hub.close_session()
        server.stop()
        thread.join(20)
