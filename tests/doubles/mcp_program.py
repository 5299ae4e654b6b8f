"""An MCP server as a program, for tests. Its argument: what it does before it serves."""

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
def end() -> str:
    """End the program."""
    os._exit(1)


if __name__ == "__main__":
    what = sys.argv[1] if len(sys.argv) > 1 else ""
    if what == "greet":
        print("Welcome!", flush=True)
    elif what == "leave":
        sys.exit(3)
    elif what == "chatter":
        for line in sys.stdin:
            print("What is", line[:5], flush=True)
    if what != "chatter":
        app.run()
