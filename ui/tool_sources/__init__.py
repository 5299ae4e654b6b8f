"""Where tools come from: the page itself, its owner's MCP servers, and what a person adds to a chat.

shipped_tools: those that the page ships with. owner_tools: those of the MCP servers in mcp.json, for all chats.
tool_source: what the browser keeps of a source of added tools. locations: how its location is typed.
offers: what tools it has now. preview: a look at it before anything is added. tool_loader: a time limit, and rest.
chat_tools: a chat's added tools. switches: which tools are on, as the browser keeps it.
source_form, source_handlers, source_texts: adding them in the settings.
"""
