"""Tools of the Hugging Face Hub, in the layout of smolagents: a Space that holds a file tool.py.

loading: `read_tool` and `load_tool` · publishing: `push_to_hub` · hub_client: requests to the Hub · running: calls of
loaded tools · agent_space: agents of Spaces · code_reader/: reads what a tool's code says about it, without running it
· code_writer/: writes the files of a Space for a tool.
"""

from agent_core.integrations.hub.loading import FoundTool, load_tool, read_tool
from agent_core.integrations.hub.publishing import push_to_hub  # makes Tool.push_to_hub work

__all__ = ["FoundTool", "load_tool", "push_to_hub", "read_tool"]
