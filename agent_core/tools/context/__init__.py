"""What a tool can do while it works, besides returning a result: `from agent_core.tools import context`.

These functions work inside a call that an agent makes. If a program calls the tool's function itself, `report` does
nothing, `add_source` and `at_close` too, `ask` raises ToolError, `state` is new, and every address may be opened.

tool_context: the call itself (`report`, `cancelled`) · run_context: the chat that it is made for · asking: `ask` the
person · address_permission: `check_address`, `check_search`, `learn_addresses` · files: `take_file` and `give_file` of
the chat's workspace · reading: `add_source` · tool_state: `state` and `at_close`, kept for a chat by tool_states.
"""

from agent_core.tools.context.address_permission import check_address, check_search, is_allowed_host, learn_addresses
from agent_core.tools.context.asking import ask
from agent_core.tools.context.files import give_file, take_file
from agent_core.tools.context.reading import add_source
from agent_core.tools.context.tool_context import cancelled, report
from agent_core.tools.context.tool_state import at_close, state

__all__ = [
    "add_source",
    "ask",
    "at_close",
    "cancelled",
    "check_address",
    "check_search",
    "give_file",
    "is_allowed_host",
    "learn_addresses",
    "report",
    "state",
    "take_file",
]
