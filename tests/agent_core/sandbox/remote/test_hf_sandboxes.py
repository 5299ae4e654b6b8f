"""Sandboxes of Hugging Face, by its own client and a server on loopback that says what the real one would."""

import asyncio
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_core.errors import SandboxError
from agent_core.sandbox.remote import hf_job, hf_sandboxes
from agent_core.sandbox.remote.hf_sandboxes import HuggingFaceEngine
from tests.agent_core.sandbox.remote.streams import ECHO, NEEDS, SURROUNDINGS, read_all, said_back
from tests.doubles.hf_sandbox_server import Job, SandboxServer, sandbox_server
from tests.support import free_port

TOKEN = "hf_the_token_that_pays"


@pytest.fixture(scope="module")
def hugging_face(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    with pytest.MonkeyPatch.context() as patch, sandbox_server(tmp_path_factory.mktemp("tls"), patch) as server:
        yield server


@pytest.fixture
def server(hugging_face: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> SandboxServer:
    hugging_face.renew({TOKEN: "me", "hf_of_another": "another"})
    monkeypatch.setattr(hf_job, "PORT", free_port())  # all machines are this one
    monkeypatch.setattr(hf_job, "FAR_COMMAND", ECHO)
    return hugging_face


def engine(token: str = TOKEN, **options: str) -> HuggingFaceEngine:
    return HuggingFaceEngine(token, "hf.co/spaces/me/glassbox", **options)


def has_processes(job: Job) -> bool:
    return any(process.returncode is None for process in job.processes.values())


async def far_end_is_gone(job: Job) -> None:
    async with asyncio.timeout(30):
        while has_processes(job):
            await asyncio.sleep(0.05)


async def test_bytes_go_there_and_back_until_it_is_closed(server: SandboxServer) -> None:
    stream = await engine().connect(NEEDS)
    data = os.urandom(3_000_000)
    assert await said_back(stream, b"at once") == b"at once"
    assert await said_back(stream, data) == data
    (job,) = server.running
    assert job.spec["spaceId"] == "me/glassbox" and job.spec["flavor"] == "cpu-basic"
    assert job.spec["environment"]["SBX_IDLE_TIMEOUT"] == "600" and job.spec["timeoutSeconds"] == 24 * 3600

    await stream.close()
    await stream.close()
    assert job.stage == "CANCELED" and not has_processes(job)
    assert await stream.read(10) == b""
    with pytest.raises(OSError, match="closed"):
        await stream.write(b"more")


async def test_token_and_surroundings_stay_here(server: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hf_job, "FAR_COMMAND", SURROUNDINGS)
    stream = await engine().connect(NEEDS)
    seen = (await read_all(stream, 100_000)).decode()
    await stream.close()
    assert seen.startswith("{'PATH'") and "SBX" not in seen and TOKEN not in seen
    assert TOKEN not in str(server.jobs[0].spec)


async def test_far_end_is_gone_when_the_link_breaks_off(server: SandboxServer) -> None:
    stream = await engine().connect(NEEDS)
    await said_back(stream, b"x")
    (job,) = server.running
    server.drop_links()
    assert await asyncio.wait_for(stream.read(10), 30) == b""
    await far_end_is_gone(job)
    assert job.stage == "RUNNING"
    await stream.close()
    assert job.stage == "CANCELED"


async def test_machine_that_fails_ends_the_stream(server: SandboxServer) -> None:
    stream = await engine().connect(NEEDS)
    reading = asyncio.create_task(stream.read(10))
    server.fail_machines()
    assert await asyncio.wait_for(reading, 30) == b""
    await stream.close()
    assert f"POST /api/jobs/me/{server.jobs[0].id}/cancel" in server.logged


async def test_second_attempt_ends_a_machine(server: SandboxServer, caplog: pytest.LogCaptureFixture) -> None:
    stream = await engine().connect(NEEDS)
    server.faults.cancel_failures = 2
    await stream.close()
    assert server.jobs[0].stage == "CANCELED" and not caplog.records

    stream = await engine().connect(NEEDS)
    server.faults.cancel_failures = 99
    with caplog.at_level(logging.WARNING):
        await stream.close()
    assert "it ends by itself" in caplog.text and TOKEN not in caplog.text
    await far_end_is_gone(server.jobs[1])


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "does not accept the token"),
        (402, "no credit left"),
        (403, "may not start Sandboxes"),
        (404, "no image hf.co/spaces/me/glassbox"),
        (429, "no more Sandboxes for this account"),
        (400, "(HTTP 400): told why, with …"),
        (500, "(HTTP 500). Try again"),
    ],
)
async def test_refusal_is_told_in_plain_words(server: SandboxServer, status: int, words: str) -> None:
    server.faults.refusal = (status, f"told why, with {TOKEN}")
    with pytest.raises(SandboxError) as caught:
        await engine().connect(NEEDS)
    assert words in str(caught.value) and TOKEN not in str(caught.value) and "\n" not in str(caught.value)
    assert not server.jobs


async def test_token_must_be_one_that_is_known(server: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with pytest.raises(SandboxError, match="There is no Hugging Face token"):
        await engine("").connect(NEEDS)
    with pytest.raises(SandboxError, match="does not accept the token"):
        await engine("hf_unknown").connect(NEEDS)
    with pytest.raises(SandboxError, match="may not start Sandboxes"):
        await engine("hf_of_another", namespace="me").connect(NEEDS)
    assert not server.jobs


async def test_machine_that_never_starts_is_ended(server: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.faults.ending = "exec: no such image"
    with pytest.raises(SandboxError, match=r"did not start: .*no such image\)\.$"):
        await engine().connect(NEEDS)
    server.faults.ending, server.faults.ready = "", False
    monkeypatch.setattr(hf_sandboxes, "_START_SECONDS", 1.0)
    with pytest.raises(SandboxError, match="not become ready within 1s"):
        await engine().connect(NEEDS)
    assert [job.stage for job in server.jobs] == ["ERROR", "CANCELED"]


async def test_image_that_lacks_what_is_needed_is_named(server: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hf_job, "FAR_COMMAND", ("false",))
    with pytest.raises(SandboxError, match=r"The image hf\.co/spaces/me/glassbox cannot run"):
        await engine().connect(NEEDS)
    assert server.jobs[0].stage == "CANCELED"


async def test_what_is_not_waited_for_any_more_is_ended(server: SandboxServer) -> None:
    server.faults.ready = False
    connecting = asyncio.create_task(engine().connect(NEEDS))
    async with asyncio.timeout(30):
        while not server.jobs:
            await asyncio.sleep(0.01)
    connecting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await connecting
    server.faults.ready = True
    async with asyncio.timeout(30):
        while server.jobs[0].stage != "CANCELED":
            await asyncio.sleep(0.05)


async def test_network_that_fails_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(SandboxError, match="could not be reached"):
        await engine().connect(NEEDS)


def test_it_says_who_pays(tmp_path: Path) -> None:
    assert "your account pays" in engine(payer="your account").place
