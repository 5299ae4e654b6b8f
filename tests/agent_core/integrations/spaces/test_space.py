"""Gradio apps as tools, with real apps on loopback, and real agents."""

import asyncio
import json
import threading
from pathlib import Path

import pytest
from huggingface_hub import constants
from PIL import Image

from agent_core import CodeAgent, ToolCallingAgent, ToolError
from agent_core.integrations.spaces import outputs
from agent_core.integrations.spaces import space as space_module
from agent_core.integrations.spaces.space import Space, find_space
from tests.agent_core.support import calling, code, sent
from tests.doubles import gradio_app
from tests.doubles.gradio_app import GradioApp
from tests.doubles.hub_server import be_the_hub, hub_server
from tests.doubles.openai_server import Reply
from tests.support import model_of

NAME = "ann/many-tools"
CANARY = "hf_canary_that_stays_here"


@pytest.fixture(scope="module")
def app():
    with GradioApp(gradio_app.offers()) as app:
        yield app


@pytest.fixture
def hub(app, monkeypatch):
    with hub_server() as hub:
        hub.tokens["hf_given"] = "ann"
        hub.add_app(NAME, app.url)
        be_the_hub(hub, monkeypatch)
        yield hub


@pytest.fixture
async def space(app):
    space = await find_space(app.url)
    yield space
    await space.close()


async def call(space: Space, endpoint: str, **arguments):
    return await space.tool(endpoint).call(arguments)


def read(path: str) -> str:
    return Path(path).read_text()


async def test_a_tool_is_described_as_the_space_describes_it(hub):
    space = await find_space(NAME)
    tool = space.tool()
    assert tool.stub() == (
        "def many_tools_echo(text: str, times: int = 3) -> str:\n"
        '    """Say a text again and again."""\n'
        "    # text: The text\n"
        "    # times: Times"
    )
    assert await tool.call({"text": "ab"}) == "ababab"
    assert await tool.call({"text": "ab", "times": 1}) == "ab"
    assert (await find_space(f"https://huggingface.co/spaces/{NAME}")).endpoints == space.endpoints
    pick = space.tool("/pick")
    assert pick.description == "Calls /pick of the Space ann/many-tools. Returns: Out."
    assert "color: Literal['red', 'blue'] = 'red'" in pick.stub()
    with pytest.raises(ToolError, match=r"no endpoint '/sing'. It has: /echo, /pick"):
        space.tool("sing")
    await space.close()


async def test_all_endpoints_become_tools_with_names_of_their_own(space):
    tools = space.tools()
    assert [tool.name for tool in tools][:3] == ["echo", "pick", "mirror"]
    assert len({tool.name for tool in tools}) == len(space.endpoints) == len(tools)
    assert len({endpoint.fingerprint for endpoint in space.endpoints}) == len(tools)


async def test_several_values_are_named_by_their_labels(space):
    assert await call(space, "several", text="ab") == {"Out": "ab", "Out_2": "AB", "All_data": {"length": 2}}
    assert "Result: Out: str, Out_2: str, All_data: Any" in space.tool("several").stub()


async def test_states_are_left_out_and_kept_for_the_next_call(space):
    tool = space.tool("remembers")
    assert list(tool.parameters["properties"]) == ["text"]
    assert [await tool.call({"text": text}) for text in ("one", "two")] == ["None one", "one two"]


async def test_a_generator_gives_its_last_value_and_an_update_its_value(space):
    assert await call(space, "counts", number=4) == "4 of 4"
    assert await call(space, "updates", text="new") == "new"


async def test_without_a_chat_files_are_paths(space, tmp_path):
    (tmp_path / "one.txt").write_text("12345")
    assert await call(space, "sizes", files=[str(tmp_path / "one.txt")]) == [5]
    with pytest.raises(ToolError, match=r"There is no file 'gone\.txt'\."):
        await call(space, "sizes", files=["gone.txt"])
    report = await call(space, "write_report", text="all is well")
    assert read(report) == "all is well"
    red, _ = await call(space, "paints")
    assert red["caption"] == "red"
    assert Image.open(red["image"]).size == (4, 4)


async def test_code_takes_a_file_of_the_chat_through_a_space(serve, space, tmp_path):
    picture = Image.new("RGB", (2, 1), "red")
    picture.putpixel((0, 0), (0, 0, 255))
    picture.save(tmp_path / "flag.png")
    source = (
        "name = mirror('flag.png')\nreport = write_report('seen')\n"
        "final_answer((name, len(open(name, 'rb').read()) > 20, open(report).read()))"
    )
    server = serve([code(source)])
    async with CodeAgent(model_of(server), tools=[space]) as agent:
        result = await agent.run("Mirror it.", files=[tmp_path / "flag.png"])
        assert str(result.answer) == "('image.webp', True, 'seen')"
        await agent.copy_file("image.webp", tmp_path / "mirrored.webp")
    assert Image.open(tmp_path / "mirrored.webp").size == (2, 1)


async def test_native_calls_take_a_file_of_the_chat_and_no_other(serve, space, tmp_path):
    (tmp_path / "data.csv").write_text("a,b\n")
    (tmp_path / "secret.txt").write_text("hidden")
    calls = [("sizes", {"files": ["data.csv"]}), ("sizes", {"files": [str(tmp_path / "secret.txt")]})]
    server = serve([Reply("I look.", calls=calls), "Done."])
    async with ToolCallingAgent(calling(server), tools=[space]) as agent:
        await agent.run("Look.", files=[tmp_path / "data.csv"])
    *_, first, second = sent(server)
    assert json.loads(first["content"]) == [4]
    assert "no longer exists" in second["content"]


@pytest.mark.parametrize(
    ("endpoint", "sentence"),
    [
        ("fails", "The app failed: I do not like cats."),
        ("breaks", "The app failed at this and does not say why. Check the arguments, or go on without it."),
    ],
)
async def test_a_failure_is_told_in_the_apps_own_words(space, endpoint, sentence):
    with pytest.raises(ToolError) as raised:
        await call(space, endpoint, text="cats")
    assert str(raised.value) == sentence


async def test_files_that_are_too_large_are_refused(space, monkeypatch):
    monkeypatch.setattr(outputs, "MOST_BYTES", 1_000)
    with pytest.raises(ToolError, match=r"The app gave no result\. It sent more than can be taken here\."):
        await call(space, "write_report", text="x" * 1_001)
    assert read(await call(space, "write_report", text="x" * 1_000)) == "x" * 1_000


async def test_a_call_that_is_stopped_ends_in_the_app_too(space):
    gradio_app.slept.clear()
    gradio_app.ended.clear()
    task = asyncio.create_task(call(space, "sleeps", seconds=60))
    await asyncio.to_thread(gradio_app.slept.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(10):
        while not gradio_app.ended:
            await asyncio.sleep(0.02)
    assert await call(space, "echo", text="a", times=2) == "aa"


async def test_a_call_that_takes_too_long_is_ended(space):
    tool = space.tool("sleeps")
    tool.timeout = 0.5
    with pytest.raises(ToolError, match=r"sleeps gave no result within 0\.5 seconds"):
        await tool.call({"seconds": 60})
    assert await call(space, "echo", text="a", times=2) == "aa"


async def test_it_tells_how_far_the_app_is(space, monkeypatch):
    told = []
    monkeypatch.setattr(space_module, "report", told.append)
    assert await call(space, "works", steps=3) == "done"
    assert "2 of 3 drawn" in told


async def test_a_space_that_was_closed_says_so(app):
    space = await find_space(app.url)
    await space.close()
    with pytest.raises(ToolError, match=r"The app was removed\. Go on without it\."):
        await call(space, "echo", text="a")


async def test_an_app_that_is_asked_too_much_is_told_of():
    with GradioApp(gradio_app.offers().queue(max_size=1)) as app:
        space = await find_space(app.url)
        calls = [call(space, "sleeps", seconds=1) for _ in range(3)]
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        await space.close()
    assert "still" in outcomes
    assert "The app has too many calls to make now. Try again later." in map(str, outcomes)


async def test_no_threads_stay_when_it_is_closed(app):
    before = set(threading.enumerate())
    space = await find_space(app.url)
    await call(space, "echo", text="a")
    started = set(threading.enumerate()) - before
    await space.close()
    async with asyncio.timeout(5):
        while any("ThreadPoolExecutor" in thread.name and thread.is_alive() for thread in started):
            await asyncio.sleep(0.02)


@pytest.fixture
def login(monkeypatch):
    """A login of the machine, in both places where the library looks for one."""
    monkeypatch.setenv("HF_TOKEN", CANARY)
    Path(constants.HF_TOKEN_PATH).write_text(CANARY)


async def test_neither_the_app_nor_the_hub_gets_a_token_that_was_not_given(hub, app, login):
    app.requests.clear()
    space = await find_space(NAME)
    await call(space, "echo", text="a")
    with pytest.raises(ToolError):
        await call(space, "breaks", text="a")
    await call(space, "write_report", text="a")
    await space.close()
    assert any("queue/join" in path for path, _ in app.requests)
    assert CANARY not in repr(hub.requests + app.requests)


async def test_a_token_that_is_given_goes_to_both(hub, app):
    app.requests.clear()
    space = await find_space(NAME, token="hf_given")
    fails = next(tool for endpoint, tool in space.offers() if endpoint.name == "/fails")
    with pytest.raises(ToolError, match="failed: I do not like …"):
        await fails.call({"text": "hf_given"})
    await space.close()
    assert "Bearer hf_given" in repr(hub.requests)
    assert "Bearer hf_given" in repr(app.requests)
    assert "hf_given" not in repr(space.tools())


@pytest.mark.parametrize(
    ("stage", "sentence"),
    [
        ("SLEEPING", "is asleep and is waking up. Try again in a minute or two."),
        ("BUILDING", "is being built or started. Try again in a few minutes."),
        ("PAUSED", "is paused; only its owner can start it. Choose another."),
        ("RUNTIME_ERROR", "is broken and does not run; only its owner can repair it. Choose another."),
    ],
)
async def test_a_space_that_does_not_run_is_refused_in_a_sentence(hub, app, stage, sentence):
    hub.spaces[NAME].stage = stage
    app.requests.clear()
    with pytest.raises(ToolError) as raised:
        await find_space(NAME)
    assert str(raised.value) == f"The Space {NAME} {sentence}"
    assert [path for path, _ in app.requests] == (["/"] if stage == "SLEEPING" else [])


async def test_what_is_no_space_is_refused_in_a_sentence(hub, monkeypatch):
    with pytest.raises(ToolError, match=r"There is no Space ann/other, or it is private\. Check the name\."):
        await find_space("ann/other")
    for odd in ("ann", "ann/../x", "file:///etc/passwd", "http://", "http://[", "ann/a b", "a/b/c", ""):
        with pytest.raises(ToolError, match="neither the name of a Space"):
            await find_space(odd)
    hub.spaces[NAME].host = hub.url
    with pytest.raises(ToolError, match="is no Gradio app, or does not answer as one"):
        await find_space(NAME)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ToolError, match="Hub cannot be reached"):
        await find_space(NAME)
    with pytest.raises(ToolError, match="The app cannot be reached"):
        await find_space("http://127.0.0.1:9")


async def test_an_app_that_was_changed_is_called_only_as_it_is_described():
    with GradioApp(gradio_app.offers()) as app:
        space = await find_space(app.url)
        echo, pick = space.tool("echo"), space.tool("pick")
        assert await echo.call({"text": "a", "times": 1}) == "a"
    with pytest.raises(ToolError, match="The app cannot be reached"):
        await echo.call({"text": "a"})
    with GradioApp(gradio_app.offers_otherwise(), app.port):
        assert await echo.call({"text": "a", "times": 2}) == "aa"
        with pytest.raises(ToolError, match="changed its inputs since it was added"):
            await pick.call({"color": "red"})
        await space.close()


async def test_an_app_that_goes_away_in_a_call_is_told_of():
    gradio_app.slept.clear()
    with GradioApp(gradio_app.offers()) as app:
        space = await find_space(app.url)
        task = asyncio.create_task(call(space, "sleeps", seconds=60))
        await asyncio.to_thread(gradio_app.slept.wait, 10)
    with pytest.raises(ToolError, match="went away in the middle of the call"):
        await task
    await space.close()
