"""Tools of MCP servers.

server: McpServer, which gives an agent its tools. connection: a session over HTTP or with a program. listing: the list
of a server's tools. results: the results of calls. failures: the errors, in plain words. mcp_json: the file that lists
the servers of the app's owner.
"""
