"""Imports that the policy does not list are asked for, in mid-step. Hosts: see test_guest_network."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace

import pytest

from agent_core.events import PermissionAnswered, PermissionAsked
from agent_core.execution import Execution
from agent_core.permissions import Decision, PermissionRequest
from agent_core.sandbox import Limits, Policy, Sandbox, step_permissions
from agent_core.sandbox.aftermath import ROLLED_BACK
from tests.agent_core.sandbox.support import collect, failure, value
from tests.support import Person


@pytest.fixture
def ask(box: Sandbox) -> Callable[..., Person]:
    """Have a person decide about what the default policy does not list."""

    def decide(*decisions: Decision) -> Person:
        person = Person(*decisions)
        box.policy = replace(box.policy, ask=person)
        return person

    return decide


async def test_the_code_goes_on_from_that_very_line(box: Sandbox, ask: Callable[..., Person]):
    person = ask("once")
    *events, done = await collect(box, "runs = ['before']\nimport socket\nruns.append('after')\nruns")
    assert isinstance(done, Execution)
    assert (done.value, done.error) == ("['before', 'after']", None)
    asked, answered = events
    request = person.asked[0]
    assert asked == PermissionAsked(request.id, "import", "socket", request.meaning)
    assert answered == PermissionAnswered(request.id, "once")
    assert "network connections" in request.meaning


async def test_once_is_for_the_step_and_always_for_the_chat(box: Sandbox, ask: Callable[..., Person]):
    person = ask("once", "always")
    await value(box, "import socket\nfrom socket import AF_INET\nimport socket")
    assert (person.names, box.grants) == (["socket"], set())
    await value(box, "import socket")
    await value(box, "import socket")
    assert (person.names, box.grants) == (["socket", "socket"], {("import", "socket")})


async def test_a_denial_names_what_is_allowed_and_is_not_asked_for_again(box: Sandbox, ask: Callable[..., Person]):
    person = ask("deny")
    code = "try:\n    import socket\nexcept ImportError:\n    pass\nimport socket"
    error = await failure(box, code)
    assert error.kind == "import_denied"
    assert error.message.startswith("ImportDenied: Importing 'socket' is not allowed. Allowed: most of the standard")
    assert person.names == ["socket"]
    await failure(box, "import socket")
    assert person.names == ["socket", "socket"]


async def test_a_package_is_asked_for_as_a_whole(box: Sandbox, ask: Callable[..., Person]):
    person = ask("always")
    await value(
        box, "import pydantic.fields\nfrom pydantic import BaseModel\nimport http.server\nfrom http import server"
    )
    assert person.names == ["pydantic", "http.server"]
    assert "validation" in person.asked[0].meaning  # what the package says of itself


async def test_what_is_listed_or_not_installed_is_not_asked_for(box: Sandbox, ask: Callable[..., Person]):
    person = ask("always")
    await value(box, "import json, numpy.random, urllib.request, pandas")
    assert (await failure(box, "import no_such_package")).kind == "exception"
    assert person.names == []


async def test_imports_inside_libraries_are_not_asked_for(box: Sandbox, ask: Callable[..., Person]):
    person = ask("deny")
    box.policy = Policy(["numpy", "pandas", "urllib"], ask=person)
    await value(box, "import numpy, pandas, urllib.request\npandas.DataFrame({'a': numpy.random.rand(3)}).to_csv()")
    assert person.names == []


async def test_threads_that_need_the_same_share_one_question(box: Sandbox, ask: Callable[..., Person]):
    person = ask("once")
    code = """
import threading
found = []
def work():
    import socket
    found.append(socket.__name__)
threads = [threading.Thread(target=work) for _ in range(5)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
found
"""
    assert await value(box, code) == str(["socket"] * 5)
    assert person.names == ["socket"]


async def test_the_clock_stands_still_meanwhile(box: Sandbox):
    async def slow(request: PermissionRequest) -> Decision:
        await asyncio.sleep(0.8)
        return "once"

    box.limits = Limits(step_seconds=0.4)
    box.policy = Policy(ask=slow)
    done = await box.run("import socket\n1")
    assert (done.value, done.error) == ("1", None)
    assert done.seconds < 0.4


async def test_nobody_decides_in_time(monkeypatch: pytest.MonkeyPatch, box: Sandbox):
    async def never(request: PermissionRequest) -> Decision:
        await asyncio.sleep(60)
        return "always"

    monkeypatch.setattr(step_permissions, "ASK_SECONDS", 0.2)
    box.policy = Policy(ask=never)
    *events, done = await collect(box, "import socket")
    assert [event.decision for event in events if isinstance(event, PermissionAnswered)] == ["deny"]
    assert done.error.kind == "import_denied"


async def test_nobody_to_ask(box: Sandbox):
    *events, done = await collect(box, "import socket")
    assert (events, done.error.kind) == ([], "import_denied")


@pytest.mark.parametrize("answer", ["yes", None, True])
async def test_an_answer_that_is_none_is_a_no(box: Sandbox, answer: Decision):
    async def odd(request: PermissionRequest) -> Decision:
        return answer

    box.policy = Policy(ask=odd)
    assert (await failure(box, "import socket")).kind == "import_denied"


async def test_an_ask_that_fails_is_a_no(box: Sandbox):
    async def broken(request: PermissionRequest) -> Decision:
        raise RuntimeError

    box.policy = Policy(ask=broken)
    assert (await failure(box, "import socket")).kind == "import_denied"
    assert await value(box, "1 + 1") == "2"


async def test_a_stop_while_a_person_is_asked(box: Sandbox):
    cancelled = asyncio.Event()

    async def never(request: PermissionRequest) -> Decision:
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()
        return "always"

    box.policy = Policy(ask=never)
    await value(box, "x = 1")
    async with aclosing(box.stream("x = 2\nimport socket")) as events:
        assert isinstance(await anext(events), PermissionAsked)
    await asyncio.wait_for(cancelled.wait(), 5)
    assert (box.aftermath, box.grants) == (ROLLED_BACK, set())
    assert await value(box, "x") == "1"


async def test_processor_time_does_not_stand_still(box: Sandbox):
    async def slow(request: PermissionRequest) -> Decision:
        await asyncio.sleep(30)
        return "once"

    async with Sandbox(policy=Policy(ask=slow), limits=Limits(processor_seconds=0.5)) as box:
        code = (
            "import threading\ndef work():\n    while True: pass\nthreading.Thread(target=work, daemon=True).start()\n"
        )
        error = await failure(box, f"{code}import socket")
        assert error.kind == "timeout"
        assert "processor time" in error.message
