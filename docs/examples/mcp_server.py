"""A small MCP server for mcp_tools.py: the program that it starts. Its results have a type, and so arrive as data."""

from mcp.server.fastmcp import FastMCP
from pydantic import BaseModel

server = FastMCP("tides", log_level="WARNING")


class Tide(BaseModel):
    """When the sea is highest, and how high it comes."""

    harbour: str
    time: str
    metres: float


@server.tool()
def high_tide(harbour: str) -> Tide:
    """Tell today's high tide at a harbour."""
    return Tide(harbour=harbour, time="14:20", metres=4.6)


if __name__ == "__main__":
    server.run()
