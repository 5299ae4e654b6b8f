"""Publishes tools on the Hugging Face Hub, as Spaces that smolagents can load as well."""

from agent_core.errors import ToolError
from agent_core.integrations.hub.code_writer.tool_writer import tool_files
from agent_core.integrations.hub.hub_client import check_repo, push_files, within
from agent_core.tools.base import Tool
from agent_core.tools.publishing import register_publisher

_PUSH_SECONDS = 90.0  # for all requests together


def push_to_hub(
    tool: Tool, repo: str, *, token: str | None = None, private: bool | None = None, message: str = "Upload tool"
) -> str:
    """Publish a tool as a Space. `Tool.push_to_hub` calls this and describes the parameters."""
    from huggingface_hub import get_token  # slow to import

    check_repo(repo)
    files = tool_files(tool)
    login = token or get_token()
    if not login:
        raise ToolError("There is no token to push with. Pass one that may write, or log in with `hf auth login`.")
    return within(_PUSH_SECONDS, lambda: push_files(files, repo, login, private, message))


register_publisher(push_to_hub)
