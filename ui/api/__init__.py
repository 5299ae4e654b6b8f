"""Questions of other programs: ask_service answers one, ask_endpoint and mcp_service offer it, over HTTP and MCP."""
