"""A real Gradio app on loopback.

with GradioApp(offers()) as app:
    space = await find_space(app.url)
"""

import socket
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Self, cast

import gradio as gr
from PIL import Image
from starlette.middleware import Middleware


class GradioApp:
    """An app of the given parts, listening until the `with` block ends. port: 0 for any.

    requests: the path of each that came, with everything that its headers hold.
    """

    def __init__(self, blocks: gr.Blocks, port: int = 0) -> None:
        self.requests: list[tuple[str, str]] = []
        self._blocks = blocks
        self._port = port
        self.url = ""

    def __enter__(self) -> Self:
        _, self.url, _ = self._blocks.launch(
            prevent_thread_lock=True,
            quiet=True,
            server_name="127.0.0.1",
            server_port=self._port or _free_port(),
            app_kwargs={"middleware": [Middleware(_Recorder, requests=self.requests)]},
        )
        return self

    def __exit__(self, *_: object) -> None:
        cast(Any, self._blocks.server).force_exit = True  # without waiting for the calls that are made
        self._blocks.close(verbose=False)

    @property
    def port(self) -> int:
        return int(self.url.rstrip("/").rpartition(":")[2])


class _Recorder:
    def __init__(self, app: Callable[..., Awaitable[None]], requests: list[tuple[str, str]]) -> None:
        self._app = app
        self._requests = requests

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            self._requests.append((scope["path"], repr(scope["headers"])))
        await self._app(scope, receive, send)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def offers() -> gr.Blocks:
    """An app with endpoints of many kinds."""
    with gr.Blocks(analytics_enabled=False) as blocks:
        text, number, shown = (
            gr.Textbox(label="The text"),
            gr.Number(3, label="Times", precision=0),
            gr.Textbox(label="Out"),
        )
        color, state, data = gr.Dropdown(["red", "blue"], label="Color"), gr.State(), gr.JSON(label="All data")
        picture, result, file = (
            gr.Image(label="Picture", type="pil"),
            gr.Image(label="Mirrored"),
            gr.File(label="Report"),
        )
        many, gallery = gr.File(label="Files", file_count="multiple"), gr.Gallery(label="Pictures")
        again = gr.Textbox(label="Out")
        for function, inputs, outputs in [
            (echo, [text, number], shown),
            (pick, [color], shown),
            (mirror, [picture], result),
            (write_report, [text], file),
            (sizes, [many], data),
            (several, [text], [shown, again, data]),
            (fails, [text], shown),
            (breaks, [text], shown),
            (sleeps, [number], shown),
            (remembers, [text, state], [shown, state]),
            (counts, [number], shown),
            (paints, None, gallery),
            (updates, [text], shown),
            (works, [number], shown),
        ]:
            gr.Button().click(function, inputs, outputs, api_name=function.__name__)
    return blocks


def offers_otherwise() -> gr.Blocks:
    """The app after a change: echo has another number, pick has other choices, all else is gone."""
    with gr.Blocks(analytics_enabled=False) as blocks:
        text, number, shown = (
            gr.Textbox(label="The text"),
            gr.Number(3, label="Times", precision=0),
            gr.Textbox(label="Out"),
        )
        color = gr.Dropdown(["red", "green"], label="Color")
        gr.Button().click(pick, [color], shown, api_name="pick")
        gr.Button().click(echo, [text, number], shown, api_name="echo")
    return blocks


slept = threading.Event()
ended: list[str] = []


def echo(text: str, times: int) -> str:
    """Say a text again and again."""
    return text * times


def pick(color: str) -> str:
    return f"You picked {color}."


def mirror(picture: Image.Image) -> Image.Image:
    return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def write_report(text: str) -> str:
    path = Path(tempfile.mkdtemp()) / "my report.txt"
    path.write_text(text)
    return str(path)


def sizes(files: list[str]) -> list[int]:
    return [Path(file).stat().st_size for file in files]


def several(text: str) -> tuple[str, str, dict[str, Any]]:
    return text, text.upper(), {"length": len(text)}


def fails(text: str) -> str:
    raise gr.Error(f"I do not like <b>{text}</b>.", print_exception=False)


def breaks(text: str) -> str:
    raise ValueError("not to be seen")


def sleeps(seconds: float) -> Iterator[str]:
    try:
        for _ in range(int(seconds * 20)):
            time.sleep(0.05)
            yield "still"
            slept.set()
    finally:
        ended.append("sleeps")


def remembers(text: str, before: str | None) -> tuple[str, str]:
    return f"{before} {text}", text


def counts(number: int) -> Iterator[str]:
    for reached in range(number):
        yield f"{reached + 1} of {number}"


def paints() -> list[tuple[Image.Image, str]]:
    return [(Image.new("RGB", (4, 4), name), name) for name in ("red", "blue")]


def updates(text: str) -> Any:
    return gr.update(value=text, visible=False)


def works(steps: int, progress: gr.Progress = gr.Progress()) -> str:  # noqa: B008  # that is how Gradio gives it
    for step in range(steps):
        progress((step + 1, steps), desc="drawn")
        time.sleep(0.2)
    return "done"
