"""Requests to the Hugging Face Hub: reads a tool's file from a Space, and pushes one. Errors become ToolErrors."""

import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import httpx

from agent_core.errors import ToolError
from agent_core.integrations.hub.code_reader.tool_parser import LONGEST_CODE
from agent_core.net.bounded_body import BodyTooLarge, join_bounded
from agent_core.net.hub_names import is_repository

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import SpaceInfo

_TOOL_FILE = "tool.py"
_README = "README.md"
_NEW_README = b"---\nsdk: gradio\n---\n"
_TAGS = ["smolagents", "tool", "glassbox"]
_MOST_BYTES = 4 * LONGEST_CODE  # a character takes at most four bytes
ANSWER_SECONDS = 10.0  # for one response

_NOT_THERE = (
    "The Hub has no Space {repo} that can be seen from here: it does not exist, or it is private and needs a token "
    "that may read it."
)
_NO_FILE = "{repo} holds no tool: it has no file {file}."
_AN_APP = "{repo} holds no tool: it has no file {file}. It has an app, so that it can be added as a Space."
_UNREACHABLE = "The Hub cannot be reached or is too slow. Try it again later."

_Result = TypeVar("_Result")
Token = str | bool | None
"""A Hub token. True stands for the token of the stored login, False and None for no token."""


class NoToolCode(ToolError):
    """A Space has an app, but no file with a tool's code."""


def read_file(repo: str, revision: str | None, token: Token) -> tuple[str, str, str]:
    """Read the file with a tool's code.

    Args:
        repo: The name of a Space, "owner/name".
        revision: A branch, a tag or a commit; None for the newest commit.
        token: A token that may read the Space.

    Returns:
        The Space's name as the Hub spells it, the full hash of the commit, and the file's text.

    Raises:
        NoToolCode: The Space has an app instead.
        ToolError: The file does not exist or cannot be read.
    """
    with readable_errors(repo, revision, token):
        info = hub_api().space_info(repo, revision=revision, files_metadata=True, timeout=ANSWER_SECONDS, token=token)
        _check_file(repo, info)
        data = download(info.id, _TOOL_FILE, str(info.sha), token)
    try:
        return info.id, str(info.sha), data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ToolError(f"The file {_TOOL_FILE} of {repo} is not text.") from None


def push_files(files: dict[str, str], repo: str, token: str, private: bool | None, message: str) -> str:
    """Commit files to a Space and tag it as a tool.

    Args:
        files: The texts of the files, by name.
        repo: The name of the Space, "owner/name". It is created if it does not exist.
        token: A token that may write.
        private: Whether a new Space is private; None for the owner's default.
        message: The commit message.

    Returns:
        The address of the Space.

    Raises:
        ToolError: The Space holds an app that is not a tool, or the Hub refused the request.
    """
    from huggingface_hub import CommitOperationAdd

    hub = hub_api()
    with readable_errors(repo, None, token):
        url = hub.create_repo(repo, token=token, private=private, exist_ok=True, repo_type="space", space_sdk="gradio")
        info = hub.space_info(repo, token=token, timeout=ANSWER_SECONDS)
        there = {file.rfilename for file in info.siblings or ()}
        if "app.py" in there and _TOOL_FILE not in there:
            raise ToolError(f"{repo} is already an app that is not a tool. Push to another name.")
        readme = download(repo, _README, str(info.sha), token) if _README in there else _NEW_README
        contents = {name: text.encode() for name, text in files.items()} | {_README: tagged(readme, _TAGS)}
        additions = [CommitOperationAdd(name, data) for name, data in contents.items()]
        hub.create_commit(repo, additions, commit_message=message, token=token, repo_type="space")
    return str(url)


def check_repo(repo: str) -> None:
    """Raise ToolError if this is not the name of a repository, "owner/name"."""
    if not is_repository(repo):
        raise ToolError(f'{repo[:100]!r} is not the name of a repository, which has the form "owner/name".')


def within(seconds: float, work: Callable[[], _Result]) -> _Result:
    """Run some work in a thread, and give up on it after a time limit: timeouts of single reads do not limit the whole.

    Args:
        seconds: How long the work may take.
        work: The work, which may go on after the time limit.

    Returns:
        The result of the work.

    Raises:
        ToolError: The work took too long.
    """
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


def _check_file(repo: str, info: "SpaceInfo") -> None:
    """Raise ToolError if the Space has no file with a tool, or one that is too large."""
    files = {file.rfilename: file for file in info.siblings or ()}
    if _TOOL_FILE not in files:
        if "app.py" in files or "index.html" in files or "Dockerfile" in files:
            raise NoToolCode(_AN_APP.format(repo=repo, file=_TOOL_FILE))
        raise ToolError(_NO_FILE.format(repo=repo, file=_TOOL_FILE))
    if (files[_TOOL_FILE].size or 0) > _MOST_BYTES:
        raise _too_large(repo, _TOOL_FILE)


def download(repo: str, file: str, commit: str, token: Token) -> bytes:
    """Download a file of a commit. Redirects to the storage of large files are followed without the token."""
    from huggingface_hub import constants, hf_hub_url
    from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

    url = hf_hub_url(repo, file, repo_type="space", revision=commit, endpoint=constants.ENDPOINT)
    with get_session().stream("GET", url, headers=build_hf_headers(token=token), timeout=ANSWER_SECONDS) as response:
        if response.is_error:
            response.read()
        hf_raise_for_status(response)
        try:
            return join_bounded(response.iter_bytes(), _MOST_BYTES)
        except BodyTooLarge:
            raise _too_large(repo, file) from None


def tagged(readme: bytes, tags: Sequence[str]) -> bytes:
    """Return a Space's README with tags by which people find it."""
    from huggingface_hub import RepoCard

    card = RepoCard(readme.decode("utf-8", "replace"), ignore_metadata_errors=True)
    there = card.data.get("tags") or ()
    card.data["tags"] = list(dict.fromkeys([*there, *tags]))
    return str(card).encode()


def hub_api() -> "HfApi":
    from huggingface_hub import HfApi, constants

    return HfApi(endpoint=constants.ENDPOINT)


def _too_large(repo: str, file: str) -> ToolError:
    return ToolError(f"The file {file} of {repo} is too large: at most {LONGEST_CODE:,} characters are read.")


@contextmanager
def readable_errors(repo: str, revision: str | None, token: Token, file: str = _TOOL_FILE) -> Generator[None]:
    """Turn errors of the Hub's client into ToolErrors that repeat nothing that was sent. file: the one that is read."""
    from huggingface_hub import errors

    try:
        yield
    except errors.RevisionNotFoundError:
        raise ToolError(f"{repo} has no revision {(revision or 'main')[:100]!r}.") from None
    except errors.RepositoryNotFoundError:
        raise ToolError(_NOT_THERE.format(repo=repo)) from None
    except errors.EntryNotFoundError:
        raise ToolError(_NO_FILE.format(repo=repo, file=file)) from None
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
