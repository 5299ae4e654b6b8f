"""Tools of MCP servers.

server: McpServer, whose tools an agent takes. connection: a session over HTTP or with a program. listing: what a
server says of its tools. results: what its calls give. failures: what goes wrong, in words. mcp_json: the file in
which the app's owner names servers.
"""
