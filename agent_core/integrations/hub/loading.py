"""Loads tools of the Hugging Face Hub from Spaces with a file tool.py, in the layout of smolagents."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from agent_core.elsewhere import LOADING_ARGUMENTS, advising
from agent_core.errors import ToolError
from agent_core.integrations.hub.code_reader.tool_parser import read_tool_code
from agent_core.integrations.hub.hub_client import Token, check_repo, read_file, within
from agent_core.integrations.hub.running import sandboxed_tool
from agent_core.tools.sandboxed import SandboxedTool
from agent_core.tools.tool_code import ToolCode

_READ_SECONDS = 30.0  # for all requests that read a tool
_BLANK = "\u115f\u1160\u2800\u3164\uffa0"  # Python calls these printable, but they show as nothing


@dataclass(frozen=True)
class FoundTool:
    """A tool of the Hub that was read. None of its code has run.

    Attributes:
        repo: The name of its Space, "owner/name".
        revision: The full hash of its commit.
        code: Its code, with the name, description and parameters that the code states.
    """

    repo: str
    revision: str
    code: ToolCode = field(repr=False)

    @property
    def origin(self) -> str:
        """The Space and the short hash of the commit, for people: "owner/name@1a2b3c4d"."""
        return f"{self.repo}@{self.revision[:8]}"

    def tool(self) -> SandboxedTool:
        """Return the tool, which runs in the sandbox. Call this only after somebody has looked at the code."""
        return sandboxed_tool(self.code, {"kind": "hub", "repo": self.repo, "revision": self.revision})


def read_tool(repo: str, revision: str | None = None, token: Token = False) -> FoundTool:
    """Read a tool of the Hub, without running it.

    Blocks for at most 30 seconds.

    Args:
        repo: The name of a Space, "owner/name".
        revision: A branch, a tag or a commit; None for the newest commit.
        token: A token that may read the Space; False or None for no token. True stands for the login stored on this
            machine: do not use it for a tool that somebody else asks for.

    Returns:
        The tool's code and where it comes from.

    Raises:
        ToolError: The Space does not exist, holds no tool, or cannot be read.
    """
    check_repo(repo)
    return within(_READ_SECONDS, lambda: _read(repo, revision, token or False))


@advising(LOADING_ARGUMENTS)
def load_tool(
    repo: str,
    revision: str | None = None,
    token: Token = False,
    confirm: Callable[[FoundTool], bool] | None = None,
) -> SandboxedTool:
    """Load a tool of the Hub after somebody has seen its code and agreed to it.

    Reading the code blocks for at most 30 seconds.

    Args:
        repo: The name of a Space, "owner/name".
        revision: A branch, a tag or a commit; None for the newest commit.
        token: A token that may read the Space, as for `read_tool`.
        confirm: Returns whether to load the tool; None to show its code in the terminal and ask there.

    Returns:
        The tool, which runs in the sandbox.

    Raises:
        ToolError: The tool cannot be read, or nobody agreed to load it.
    """
    found = read_tool(repo, revision, token)
    if not (confirm or ask_in_terminal)(found):
        raise ToolError(f"The tool {found.code.name} of {found.origin} was not loaded, as it was not agreed to.")
    return found.tool()


def _read(repo: str, revision: str | None, token: Token) -> FoundTool:
    name, commit, source = read_file(repo, revision, token)
    return FoundTool(name, commit, read_tool_code(source))


def ask_in_terminal(found: FoundTool) -> bool:
    """Show the code and ask whether to load it. Raises ToolError if there is no terminal."""
    if not (sys.stdin and sys.stdin.isatty()):
        raise ToolError(
            f"Nobody can be asked here whether to load {found.origin}: look at `read_tool(…).code.source`, and pass "
            "`confirm`, a function that says yes."
        )
    imports = ", ".join(found.code.imports) or "nothing"
    print(f"{escape_invisible(found.code.source)}\n\nThis is {found.origin}. It imports {imports}.")
    return input("Load it as a tool? It runs in the sandbox. [y/N] ").strip().lower() in ("y", "yes")


def escape_invisible(text: str) -> str:
    """Return the text with escapes for what could hide parts of it from a reader.

    Such characters control a terminal, change the direction of text, or show as nothing.
    """
    plain = text.replace("\r\n", "\n")
    return "".join(c if c in "\n\t" or (c.isprintable() and c not in _BLANK) else f"\\x{ord(c):02x}" for c in plain)
