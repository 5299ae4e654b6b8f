"""What a call of a tool from elsewhere costs on each path, beside the peer's. One table, in Markdown.

Each tool gives its text back. The servers are processes of their own on loopback, the same ones for both. The peer runs
a tool of the Hub in its own process, where nothing holds it; ours runs in the sandbox, and the tools of servers are
called from there through the app. (The peer's way to Spaces passes the client an argument that it no longer has.) Each
value is the median time of one call, as a loop in the agent's code has it.

python -m bench.external_tools     this alone
"""

import asyncio
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from typing import Any

from mcp import StdioServerParameters
from smolagents import LocalPythonExecutor, ToolCollection
from smolagents import Tool as TheirTool

from agent_core import Policy, Sandbox, Tool, tool
from agent_core.integrations.hub.code_reader.tool_parser import read_tool_code
from agent_core.integrations.hub.running import sandboxed_tool
from agent_core.integrations.mcp.server import McpServer
from agent_core.integrations.spaces.space import find_space
from bench.table import Row, milliseconds, to_markdown

_CALLS = 100
_LOOP = """
import statistics
from time import perf_counter as clock
taken = []
for number in range({count}):
    before = clock()
    give(text="hello")
    taken.append(clock() - before)
statistics.median(taken)
"""
CODE = """
from smolagents import Tool

class Give(Tool):
    name = "give"
    description = "Gives the text back."
    inputs = {"text": {"type": "string", "description": "any"}}
    output_type = "string"

    def forward(self, text: str) -> str:
        return text
"""
_MCP = """
import sys
from mcp.server.fastmcp import FastMCP
app = FastMCP("bench", port=int(sys.argv[2]), log_level="CRITICAL")
@app.tool()
def give(text: str) -> str:
    "Give the text back."
    return text
app.run(transport=sys.argv[1])
"""
_APP = """
import sys
import gradio as gr
with gr.Blocks(analytics_enabled=False) as app:
    def give(text: str) -> str:
        return text
    gr.api(give, api_name="give")
app.launch(server_port=int(sys.argv[1]), quiet=True)
"""


def report() -> str:
    """The table."""
    with ExitStack() as stack:
        mcp = f"http://127.0.0.1:{stack.enter_context(_server(_MCP, 'streamable-http'))}/mcp"
        app = f"http://127.0.0.1:{stack.enter_context(_server(_APP))}"
        ours = asyncio.run(_ours(mcp, app))
        theirs = _theirs(mcp)
    rows = [Row(name, "", {"Glassbox": milliseconds(ours[name]), **_cell(theirs.get(name))}) for name in ours]
    return to_markdown(rows, ["Glassbox", "smolagents"])


def _cell(seconds: float | None) -> dict[str, str]:
    return {} if seconds is None else {"smolagents": milliseconds(seconds)}


async def _ours(mcp: str, app: str) -> dict[str, float]:
    @tool
    def give(text: str) -> str:
        """Give the text back."""
        return text

    code = sandboxed_tool(read_tool_code(CODE))
    space = await find_space(app)
    async with McpServer(mcp) as server, McpServer.of_command(sys.executable, ["-c", _MCP, "stdio", "0"]) as program:
        found = {
            "a tool of the app": give,
            "a tool of the Hub": code,
            "an MCP server, HTTP": (await server.tools())[0],
            "an MCP server, a program": (await program.tools())[0],
            "a Space": space.tool("give", name="give"),
        }
        seconds = {name: await _in_the_sandbox(each) for name, each in found.items()}
        seconds["a tool of the Hub, called without an agent"] = await _alone(code)
    await space.close()
    return seconds


async def _in_the_sandbox(each: Tool) -> float:
    async with Sandbox(policy=Policy(imports=["stdlib"]), tools=[each]) as box:
        done = await box.run("give('hello')")
        done = await box.run(_LOOP.format(count=_CALLS)) if not done.error else done
    if done.error:
        raise RuntimeError(done.error.message)
    return float(done.value or "nan")


async def _alone(each: Tool) -> float:
    """With a sandbox for each call."""
    taken = []
    for _ in range(20):
        before = time.perf_counter()
        await each.call({"text": "hello"})
        taken.append(time.perf_counter() - before)
    return sorted(taken)[len(taken) // 2]


def _theirs(mcp: str) -> dict[str, float]:
    from_mcp: Any = ToolCollection.from_mcp  # whose types do not say that it is a context manager
    program = StdioServerParameters(command=sys.executable, args=["-c", _MCP, "stdio", "0"])
    with (
        warnings.catch_warnings(action="ignore"),
        from_mcp({"url": mcp}, trust_remote_code=True, structured_output=False) as over_http,
        from_mcp(program, trust_remote_code=True, structured_output=False) as over_pipes,
    ):
        found = {
            "a tool of the app": lambda text: text,
            "a tool of the Hub": TheirTool.from_code(CODE),
            "an MCP server, HTTP": over_http.tools[0],
            "an MCP server, a program": over_pipes.tools[0],
        }
        return {name: _in_their_executor(each) for name, each in found.items()}


def _in_their_executor(each: Any) -> float:
    executor = LocalPythonExecutor(["statistics", "time"])
    functions: dict[str, Any] = {"give": each, "clock": time.perf_counter}
    executor.send_tools(functions)
    done = executor(_LOOP.replace("from time import perf_counter as clock\n", "").format(count=_CALLS))
    return float(done.output)


@contextmanager
def _server(program: str, *arguments: str) -> Generator[int]:
    """A server in a process of its own. Gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-c", program, *arguments, str(port)], stdout=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int) -> None:
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("A server did not start.")


if __name__ == "__main__":
    print(report())
