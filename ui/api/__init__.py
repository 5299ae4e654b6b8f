"""Questions of other programs: ask_service answers one, mcp_service offers it as an endpoint and as an MCP server."""
