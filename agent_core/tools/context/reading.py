"""Names what a tool has read as a source, which the answer can refer to."""

from agent_core.tools.context.run_context import run_context
from agent_core.tools.context.tool_context import current_call


def add_source(url: str, title: str = "") -> int | None:
    """Name a page that the tool has read as a source: it stands under the answer, which refers to it by its number.

    The model is told the number after the step, whatever the tool returns. Works in threads, too.

    Args:
        url: The address of the page, after all redirects.
        title: Its title.

    Returns:
        Its number in the chat, the same whenever it is read. None outside of an agent's call, and if the chat has too
        many sources.

    Raises:
        ToolError: It is not a web address.
    """
    call, run = current_call(), run_context.get()
    if call is None or run is None or (source := run.sources.add(url, title)) is None:
        return None
    call.sources.append(source)
    return source.number
