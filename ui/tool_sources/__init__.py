"""Tools from elsewhere that a person adds on the page, or the owner in mcp.json.

tool_source: what is kept of a place with tools. chat_tools: a chat's tools from its places, looked at and opened.
source_form: the form in the settings. owner_tools: the MCP servers of the owner.
"""
