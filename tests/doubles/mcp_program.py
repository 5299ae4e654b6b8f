"""An MCP server as a program, for tests. Given "greet", it first says something that is no message."""

import os
import sys

from mcp.server.fastmcp import FastMCP

app = FastMCP("program", log_level="ERROR")


@app.tool()
def echo(text: str) -> str:
    """Give the text back."""
    return text


@app.tool()
def environment() -> list[str]:
    """The names of the environment's variables."""
    return sorted(os.environ)


@app.tool()
def fail(message: str) -> str:
    """Fail."""
    raise ValueError(message)


@app.tool()
def end() -> str:
    """End the program."""
    os._exit(1)


if __name__ == "__main__":
    if sys.argv[1:] == ["greet"]:
        print("Welcome!", flush=True)
    app.run()
