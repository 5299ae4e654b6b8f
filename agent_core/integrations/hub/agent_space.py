"""Agents on the Hub: a Space with the files of a kept agent, in its folder agent/, or at its top as of smolagents."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from agent_core.errors import ToolError
from agent_core.integrations.hub.hub_client import (
    ANSWER_SECONDS,
    Token,
    check_repo,
    download,
    hub_api,
    readable_errors,
    tagged,
    within,
)

FOLDER = "agent/"
"""Where a Space has the files of its agent."""

_FILE = "agent.json"
_README = "README.md"
_TAGS = ["agent", "glassbox"]
_PARTS = (_FILE, "prompts/", "tools/", "agents/", "managed_agents/")
_ENDINGS = (".json", ".md", ".py")
_MOST_FILES = 200
_READ_SECONDS = 60.0  # for all requests together
_PUSH_SECONDS = 600.0
_SETTINGS = ("sdk", "sdk_version", "python_version", "app_file", "hf_oauth", "hf_oauth_scopes")
"""What a Space's README says of how it runs; the rest of it is its owner's."""


@dataclass(frozen=True)
class AgentFiles:
    """The files of an agent in a Space.

    Attributes:
        repo: The name of the Space, as the Hub spells it.
        revision: The full hash of the commit.
        texts: The files' texts, by their paths in the agent's folder.
    """

    repo: str
    revision: str
    texts: Mapping[str, str] = field(repr=False)

    @property
    def origin(self) -> str:
        """The Space and the short hash of the commit, for people."""
        return f"{self.repo}@{self.revision[:8]}"

    def read(self, name: str) -> str:
        """Return a file's text. Raises ToolError if there is no such file."""
        if name not in self.texts:
            raise ToolError(f"{self.repo} holds no whole agent: it has no file {name}.")
        return self.texts[name]


def read_agent_files(repo: str, revision: str | None, token: Token) -> AgentFiles:
    """Read the files of an agent in a Space. Blocks for at most a minute.

    Args:
        repo: The name of the Space, "owner/name".
        revision: A branch, a tag or a commit; None for the newest commit.
        token: A token that may read the Space.

    Raises:
        ToolError: The Space does not exist, holds no agent, or cannot be read.
    """
    check_repo(repo)
    return within(_READ_SECONDS, lambda: _read(repo, revision, token))


def _read(repo: str, revision: str | None, token: Token) -> AgentFiles:
    with readable_errors(repo, revision, token, _FILE):
        info = hub_api().space_info(repo, revision=revision, timeout=ANSWER_SECONDS, token=token)
        there = [file.rfilename for file in info.siblings or ()]
        folder = next((place for place in ("", FOLDER) if place + _FILE in there), None)
        if folder is None:
            raise ToolError(f"{repo} holds no agent: it has no file {_FILE}, neither at its top nor in {FOLDER}.")
        names = [name.removeprefix(folder) for name in there if name.startswith(folder)]
        names = [name for name in names if name.startswith(_PARTS) and name.endswith(_ENDINGS)]
        if len(names) > _MOST_FILES:
            raise ToolError(f"{repo} has {len(names)} files of an agent; at most {_MOST_FILES} are read.")
        data = {name: download(info.id, folder + name, str(info.sha), token) for name in names}
    texts = {name: content.decode("utf-8-sig", "replace") for name, content in data.items()}
    return AgentFiles(info.id, str(info.sha), texts)


def push_agent_files(files: Mapping[str, bytes], repo: str, token: str, private: bool | None, message: str) -> str:
    """Commit the files of an agent's page to a Space, and remove what an earlier commit has beside them.

    Args:
        files: The files' contents by their paths, with README.md.
        repo: The name of the Space, "owner/name". It is made if it is not there.
        token: A token that may write.
        private: Whether a new Space is private; None for the owner's default.
        message: The commit message.

    Returns:
        The address of the Space.

    Raises:
        ToolError: The Space holds something else, or the Hub refused.
    """
    check_repo(repo)
    return within(_PUSH_SECONDS, lambda: _push(files, repo, token, private, message))


def _push(files: Mapping[str, bytes], repo: str, token: str, private: bool | None, message: str) -> str:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    hub = hub_api()
    with readable_errors(repo, None, token, _FILE):
        url = hub.create_repo(repo, token=token, private=private, exist_ok=True, repo_type="space", space_sdk="gradio")
        info = hub.space_info(repo, token=token, timeout=ANSWER_SECONDS)
        there = {file.rfilename for file in info.siblings or ()} - {".gitattributes"}
        is_ours = FOLDER + _FILE in there
        if there - {_README} and not is_ours:
            raise ToolError(f"{repo} already holds something else than an agent. Push to another name.")
        own = download(repo, _README, str(info.sha), token) if is_ours and _README in there else None
        contents = {**files, _README: _readme(files[_README], own)}
        added = [CommitOperationAdd(name, data) for name, data in contents.items()]
        removed = [CommitOperationDelete(name) for name in sorted(there - contents.keys())]
        hub.create_commit(repo, [*added, *removed], commit_message=message, token=token, repo_type="space")
    return str(url)


def _readme(ours: bytes, theirs: bytes | None) -> bytes:
    """Return the README: the owner's, if there is one, with what ours says of how the Space runs."""
    from huggingface_hub import RepoCard

    if theirs is None:
        return tagged(ours, _TAGS)
    card, new = (RepoCard(text.decode("utf-8", "replace"), ignore_metadata_errors=True) for text in (theirs, ours))
    for name in _SETTINGS:
        card.data[name] = new.data.get(name)
    return tagged(str(card).encode(), _TAGS)
