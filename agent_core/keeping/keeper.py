"""The work of `agent.to_dict`, `save`, `push_to_hub` and `draw`."""

from pathlib import Path
from typing import Any

from agent_core.agents.base import Agent
from agent_core.errors import ToolError
from agent_core.integrations.hub.agent_space import push_agent_files
from agent_core.integrations.hub.hub_client import check_repo
from agent_core.keeping.definition import record_of, warn_of_losses
from agent_core.keeping.folder import files_of, write_files
from agent_core.keeping.space import space_files


def to_dict(agent: Agent) -> dict[str, Any]:
    """See `KeepableAgent.to_dict`."""
    return record_of(agent).as_json()


def save(agent: Agent, folder: Path) -> None:
    """See `KeepableAgent.save`."""
    record = record_of(agent)
    write_files(files_of(record), folder)
    warn_of_losses(record)


def push(agent: Agent, repo: str, *, token: str | None, private: bool | None, title: str | None, message: str) -> str:
    """See `KeepableAgent.push_to_hub`."""
    from huggingface_hub import get_token  # slow to import

    check_repo(repo)
    record = record_of(agent)
    files = space_files(record, title or repo.rpartition("/")[2])
    login = token or get_token()
    if not login:
        raise ToolError("There is no token to push with. Pass one that may write, or log in with `hf auth login`.")
    address = push_agent_files(files, repo, login, private, message)
    warn_of_losses(record)
    return address
