"""Loading tools of the Hugging Face Hub: Spaces that hold a file tool.py, in the layout of smolagents."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from agent_core.errors import ToolError
from agent_core.integrations.hub.code_reader.tool_parser import read_tool_code
from agent_core.integrations.hub.hub_client import Token, check_repo, read_file, within
from agent_core.integrations.hub.running import sandboxed_tool
from agent_core.tools.sandboxed import SandboxedTool
from agent_core.tools.tool_code import ToolCode

_READ_SECONDS = 30.0  # for reading a tool, all in all
_BLANK = "\u115f\u1160\u2800\u3164\uffa0"  # Python calls these printable, and they show as nothing


@dataclass(frozen=True)
class FoundTool:
    """A tool of the Hub that was read; nothing of it has run.

    Attributes:
        repo: "owner/name" of its Space.
        revision: The full hash of its commit.
        code: Its code and what that says of it.
    """

    repo: str
    revision: str
    code: ToolCode = field(repr=False)

    @property
    def origin(self) -> str:
        """Where it comes from, for people."""
        return f"{self.repo}@{self.revision[:8]}"

    def tool(self) -> SandboxedTool:
        """Return the tool, which runs in the sandbox. Call this after somebody has looked at the code."""
        return sandboxed_tool(self.code)


def read_tool(repo: str, revision: str | None = None, token: Token = False) -> FoundTool:
    """Read a tool of the Hub, without running it.

    Blocks for at most 30 seconds.

    Args:
        repo: "owner/name" of a Space.
        revision: A branch, a tag or a commit; None: the newest.
        token: One that may read it; True: the stored login, which whoever asks for the tool need not own; False: none.

    Raises:
        ToolError: There is no tool that can be read.
    """
    check_repo(repo)
    return within(_READ_SECONDS, lambda: _read(repo, revision, token or False))


def load_tool(
    repo: str,
    revision: str | None = None,
    token: Token = False,
    confirm: Callable[[FoundTool], bool] | None = None,
) -> SandboxedTool:
    """Load a tool of the Hub, after somebody has seen its code and agreed to it.

    Args:
        repo: "owner/name" of a Space.
        revision: A branch, a tag or a commit; None: the newest.
        token: As for `read_tool`.
        confirm: Returns whether to load it; None: the code is shown in the terminal, and the question asked there.

    Returns:
        The tool, which runs in the sandbox.

    Raises:
        ToolError: It cannot be read, or was not agreed to.
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

    These are characters that steer a terminal, that change the order in which text is read, or that show as nothing.
    """
    plain = text.replace("\r\n", "\n")
    return "".join(c if c in "\n\t" or (c.isprintable() and c not in _BLANK) else f"\\x{ord(c):02x}" for c in plain)
