"""Brings the app to a Hugging Face Space, as the last commit has it: make deploy SPACE=owner/name.

The Space is made if it is not there, for its owner's eyes only; one that has another app is left alone. What the Space
has and the app no longer does is removed.
"""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import httpx
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, get_token
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError

ROOT = Path(__file__).parents[1]
BROUGHT = {"app.py", "requirements.txt", "README.md", "SECURITY.md", "CHANGELOG.md"}
BROUGHT |= {"agent_core", "demo", "docs", "tools", "ui"}
"""The app, and what its README links. Tests, measurements and other ways to deploy stay here."""

_OURS = "agent_core/__init__.py"  # by which a Space is known to have this app
_OF_THE_HUB = {".gitattributes"}
_TO_DO = Path(__file__).with_name("after_space.md").read_text(encoding="utf-8").strip()
_PRIVATE = "it is private; make it public when you are done."
_AS_IT_WAS = "as it was before."


class DeployError(Exception):
    """The app cannot be brought there. The text says why and what to do."""


def deploy(space: str) -> str:
    """Make the Space, or bring it to the last commit.

    Args:
        space: Its name, as in "owner/name".

    Returns:
        What is left for its owner to do.

    Raises:
        DeployError: There are changes without a commit, no login, another app, or the Hub refuses.
    """
    commit, files = _commit(), _files()
    token = get_token()
    if not token:
        raise DeployError("Set HF_TOKEN to a Hugging Face token that may write, or sign in with `hf auth login`.")
    hub = HfApi(token=token)
    try:
        is_new = _make(hub, space)
        there = {file.rfilename for file in hub.space_info(space).siblings or ()} - _OF_THE_HUB
        if not is_new and there - {"README.md"} and _OURS not in there:
            raise DeployError(f"{space} has another app. Choose a name for a new Space, or that of a Glassbox.")
        added = [CommitOperationAdd(name, ROOT / name) for name in files]
        removed = [CommitOperationDelete(name) for name in sorted(there - {*files})]
        hub.create_commit(space, [*added, *removed], commit_message=f"Glassbox {commit}", repo_type="space")
    except HfHubHTTPError as error:
        raise DeployError(f"The Hub refuses: {error.server_message or error.response.reason_phrase}") from None
    except httpx.HTTPError:
        raise DeployError("The Hub cannot be reached. Try again later.") from None
    address = f"{hub.endpoint}/spaces/{space}"
    return _TO_DO.format(address=address, space=space, commit=commit, visibility=_PRIVATE if is_new else _AS_IT_WAS)


def _make(hub: HfApi, space: str) -> bool:
    """Make the Space unless it is there. Returns whether it is new."""
    try:
        hub.space_info(space)
    except RepositoryNotFoundError:
        hub.create_repo(space, repo_type="space", space_sdk="gradio", private=True)
        return True
    return False


def _commit() -> str:
    """Return the short name of the last commit. Raises DeployError if something is not in it."""
    if changed := _git("status", "--porcelain"):
        raise DeployError(f"There are changes without a commit, such as {changed[0][3:]}. Commit or remove them first.")
    return _git("rev-parse", "--short", "HEAD")[0]


def _files() -> list[str]:
    """Return the names of the files that the Space gets."""
    return [name for name in _git("ls-files") if name.split("/")[0] in BROUGHT]


def _git(*arguments: str) -> list[str]:
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        raise DeployError("This folder is no git repository. Clone Glassbox with git, and deploy from there.") from None
    return done.stdout.splitlines()


def main(arguments: Iterable[str]) -> None:
    match [*arguments]:
        case [space] if space.count("/") == 1:
            try:
                print(deploy(space))
            except DeployError as error:
                raise SystemExit(str(error)) from None
        case _:
            raise SystemExit("Say which Space: make deploy SPACE=owner/name")


if __name__ == "__main__":
    main(sys.argv[1:])
