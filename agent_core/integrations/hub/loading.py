"""Tools from the Hugging Face Hub and to it, in the layout of smolagents: a Space that holds a file tool.py."""

import sys
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import httpx

from agent_core.errors import ToolError
from agent_core.integrations.hub.tool_code import LONGEST_CODE, ToolCode, read_tool_code
from agent_core.net.bounded_body import BodyTooLarge, join_bounded
from agent_core.net.hub_names import is_repository

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import SpaceInfo

    from agent_core.tools.base import Tool
    from agent_core.tools.sandboxed import SandboxedTool

FILE = "tool.py"
README = "README.md"
_NEW_README = b"---\nsdk: gradio\n---\n"
TAGS = ["smolagents", "tool", "glassbox"]
_MOST_BYTES = 4 * LONGEST_CODE  # a character takes four at most
_ANSWER_SECONDS = 10.0  # for which one answer is awaited
_READ_SECONDS = 30.0  # for reading a tool, all in all
_PUSH_SECONDS = 90.0  # for pushing one

_BLANK = "\u115f\u1160\u2800\u3164\uffa0"  # printable in Python's eyes

_NOT_THERE = (
    "The Hub has no Space {repo} that can be seen from here: it does not exist, or it is private and needs a token "
    "that may read it."
)
_NO_FILE = "{repo} holds no tool: it has no file {file}."
_AN_APP = "{repo} holds no tool: it has no file {file}. It has an app, so that it can be added as a Space."
_UNREACHABLE = "The Hub cannot be reached or is too slow. Try it again later."

_Result = TypeVar("_Result")
Token = str | bool | None


class NoToolCode(ToolError):
    """A Space has an app, and no code of a tool."""


@dataclass(frozen=True)
class FoundTool:
    """A tool of the Hub that was read; nothing of it has run. revision: the full hash of its commit."""

    repo: str
    revision: str
    code: ToolCode = field(repr=False)

    @property
    def origin(self) -> str:
        return f"{self.repo}@{self.revision[:8]}"

    def tool(self) -> "SandboxedTool":
        """The tool, which runs in the sandbox. To be made after somebody looked at its code."""
        from agent_core.tools.sandboxed import SandboxedTool

        return SandboxedTool(self.code)


def read_tool(repo: str, revision: str | None = None, token: Token = False) -> FoundTool:
    """Read a tool of the Hub: what it is, and its code, without running it.

    repo: "owner/name". revision: a branch, a tag or a commit; else the newest. token: one that may read it; True: the
    stored login; False: none, which is what it is unless somebody says so, as whoever asks need not be the owner of
    the login. Blocks for 30 seconds at most. Raises ToolError.
    """
    _check_repo(repo)
    return _within(_READ_SECONDS, lambda: _read(repo, revision, False if token is None else token))


def load_tool(
    repo: str,
    revision: str | None = None,
    token: Token = False,
    confirm: Callable[[FoundTool], bool] | None = None,
) -> "SandboxedTool":
    """A tool of the Hub, after somebody has seen its code and agreed to it.

    confirm: whether to take it; else it is shown and asked about in the terminal. The rest is as for `read_tool`.
    Raises ToolError where it was not agreed to.
    """
    found = read_tool(repo, revision, token)
    if not (confirm or ask_in_terminal)(found):
        raise ToolError(f"The tool {found.code.name} of {found.origin} was not loaded, as it was not agreed to.")
    return found.tool()


def ask_in_terminal(found: FoundTool) -> bool:
    """Show the code and ask whether to load it. Raises ToolError where there is no terminal."""
    if not (sys.stdin and sys.stdin.isatty()):
        raise ToolError(
            f"Nobody can be asked here whether to load {found.origin}: look at `read_tool(…).code.source`, and pass "
            "`confirm`, a function that says yes."
        )
    imports = ", ".join(found.code.imports) or "nothing"
    print(f"{printable(found.code.source)}\n\nThis is {found.origin}. It imports {imports}.")
    return input("Load it as a tool? It runs in the sandbox. [y/N] ").strip().lower() in ("y", "yes")


def push_to_hub(
    tool: "Tool", repo: str, *, token: str | None = None, private: bool | None = None, message: str = "Upload tool"
) -> str:
    """Publish a tool as a Space from which smolagents loads it, and so does `load_tool`. Returns the Space's address.

    token: one that may write; else the stored login. private: whether nobody else sees the Space, where it is new;
    None: as the owner's settings have it. Blocks for 90 seconds at most. Raises ToolError.
    """
    from huggingface_hub import get_token

    from agent_core.integrations.hub.tool_writer import tool_files

    _check_repo(repo)
    files = tool_files(tool)
    login = token or get_token()
    if not login:
        raise ToolError("There is no token to push with. Pass one that may write, or log in with `hf auth login`.")
    return _within(_PUSH_SECONDS, lambda: _push(files, repo, login, private, message))


def _read(repo: str, revision: str | None, token: Token) -> FoundTool:
    with _told(repo, revision, token):
        info = _hub().space_info(repo, revision=revision, files_metadata=True, timeout=_ANSWER_SECONDS, token=token)
        _check_file(repo, info)
        data = _download(info.id, FILE, str(info.sha), token)
    try:
        source = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ToolError(f"The file {FILE} of {repo} is no text.") from None
    return FoundTool(info.id, str(info.sha), read_tool_code(source))


def _check_file(repo: str, info: "SpaceInfo") -> None:
    """Raise ToolError where the Space has no file with a tool, or one that is too large."""
    files = {file.rfilename: file for file in info.siblings or ()}
    if FILE not in files:
        if "app.py" in files or "index.html" in files or "Dockerfile" in files:
            raise NoToolCode(_AN_APP.format(repo=repo, file=FILE))
        raise ToolError(_NO_FILE.format(repo=repo, file=FILE))
    if (files[FILE].size or 0) > _MOST_BYTES:
        raise _too_large(repo)


def _download(repo: str, file: str, commit: str, token: Token) -> bytes:
    """A file as it is in a commit. A redirect to where large files are stored is followed without the token."""
    from huggingface_hub import constants, hf_hub_url
    from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

    url = hf_hub_url(repo, file, repo_type="space", revision=commit, endpoint=constants.ENDPOINT)
    with get_session().stream("GET", url, headers=build_hf_headers(token=token), timeout=_ANSWER_SECONDS) as response:
        if response.is_error:
            response.read()
        hf_raise_for_status(response)
        try:
            return join_bounded(response.iter_bytes(), _MOST_BYTES)
        except BodyTooLarge:
            raise _too_large(repo) from None


def _push(files: dict[str, str], repo: str, token: str, private: bool | None, message: str) -> str:
    from huggingface_hub import CommitOperationAdd

    hub = _hub()
    with _told(repo, None, token):
        url = hub.create_repo(repo, token=token, private=private, exist_ok=True, repo_type="space", space_sdk="gradio")
        info = hub.space_info(repo, token=token, timeout=_ANSWER_SECONDS)
        there = {file.rfilename for file in info.siblings or ()}
        if "app.py" in there and FILE not in there:
            raise ToolError(f"{repo} is an app and no tool already. Push to a name of its own.")
        readme = _download(repo, README, str(info.sha), token) if README in there else _NEW_README
        contents = {name: text.encode() for name, text in files.items()} | {README: _tagged(readme)}
        additions = [CommitOperationAdd(name, data) for name, data in contents.items()]
        hub.create_commit(repo, additions, commit_message=message, token=token, repo_type="space")
    return str(url)


def _tagged(readme: bytes) -> bytes:
    """The Space's README with the tags by which such tools are found."""
    from huggingface_hub import RepoCard

    card = RepoCard(readme.decode("utf-8", "replace"), ignore_metadata_errors=True)
    tags = card.data.get("tags") or ()
    card.data["tags"] = list(dict.fromkeys([*tags, *TAGS]))
    return str(card).encode()


def _hub() -> "HfApi":
    from huggingface_hub import HfApi, constants

    return HfApi(endpoint=constants.ENDPOINT)


def _check_repo(repo: str) -> None:
    if not is_repository(repo):
        raise ToolError(f'{repo[:100]!r} is no name of a repository. It has the form "owner/name".')


def _too_large(repo: str) -> ToolError:
    return ToolError(f"The file {FILE} of {repo} is too large: at most {LONGEST_CODE:,} characters are read.")


@contextmanager
def _told(repo: str, revision: str | None, token: Token) -> Generator[None]:
    """Have the errors of the Hub's client told in a sentence, without what it was sent."""
    from huggingface_hub import errors

    try:
        yield
    except errors.RevisionNotFoundError:
        raise ToolError(f"{repo} has no revision {(revision or 'main')[:100]!r}.") from None
    except errors.RepositoryNotFoundError:
        raise ToolError(_NOT_THERE.format(repo=repo)) from None
    except errors.EntryNotFoundError:
        raise ToolError(_NO_FILE.format(repo=repo, file=FILE)) from None
    except errors.LocalTokenNotFoundError:
        raise ToolError("There is no stored login for the Hub. Log in with `hf auth login`, or pass a token.") from None
    except errors.HfHubHTTPError as error:
        raise ToolError(_refusal(repo, error.response.status_code, bool(token))) from None
    except (httpx.HTTPError, errors.OfflineModeIsEnabled, OSError):
        raise ToolError(_UNREACHABLE) from None
    except (ValueError, KeyError, TypeError):
        raise ToolError("The Hub answered something that cannot be understood. Try it again later.") from None


def _refusal(repo: str, status: int, has_token: bool) -> str:
    if status == 401 and not has_token:
        return _NOT_THERE.format(repo=repo)
    if status == 401:
        return "The Hub does not take this token. Look whether it is right and still valid."
    if status == 403:
        return f"This token may not do that with {repo}: it needs the right for it."
    if status == 429:
        return "The Hub has had too many requests from here. Try it again in some minutes."
    return f"The Hub refused this with the status {status}." if status < 500 else _UNREACHABLE


def _within(seconds: float, work: Callable[[], _Result]) -> _Result:
    """The result of some work, which is left to itself when it takes longer: each byte may come just in time."""
    done: Future[_Result] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:
            done.set_exception(error)

    threading.Thread(target=run, daemon=True, name="hub").start()
    try:
        return done.result(seconds)
    except TimeoutError:
        raise ToolError(_UNREACHABLE) from None


def printable(text: str) -> str:
    """The text without what would steer a terminal or change the order in which it is read, and without letters that
    show as nothing, so that it cannot hide parts of itself."""
    plain = text.replace("\r\n", "\n")
    return "".join(c if c in "\n\t" or (c.isprintable() and c not in _BLANK) else f"\\x{ord(c):02x}" for c in plain)
