"""What a tool can do while it works, beside returning a result."""

from agent_core.tools.context.call import (
    Allow,
    RunContext,
    ToolContext,
    ask,
    cancelled,
    chat,
    check_address,
    check_search,
    in_call,
    is_allowed_host,
    learn_addresses,
    report,
)
from agent_core.tools.context.files import give_file, take_file

__all__ = [
    "Allow",
    "RunContext",
    "ToolContext",
    "ask",
    "cancelled",
    "chat",
    "check_address",
    "check_search",
    "give_file",
    "in_call",
    "is_allowed_host",
    "learn_addresses",
    "report",
    "take_file",
]
