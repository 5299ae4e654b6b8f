"""The sources of tools: the page itself, its owner's MCP servers, and what a person adds to a chat.

shipped_tools: the tools that the page ships with. owner_tools: those of the MCP servers in mcp.json, for all chats.
tool_source: a source of added tools, as the browser keeps it. locations: how people type where it is.
offers: the tools that a source has now. preview: shows a source before anything is added. tool_loader: loads tools
within a time limit. chat_tools: the added tools of a chat. switches: which tools are on, as the browser keeps it.
source_form, source_handlers, source_texts: the part of the settings where tools are added.
"""
