"""Tools from other places.

hub/: tools of the Hugging Face Hub, as code · spaces/: endpoints of Gradio apps · mcp/: tools of MCP servers.
"""
