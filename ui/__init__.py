"""The page. `from ui import launch` opens it around an agent of one's own; docs/library.md shows how.

launching: opens and closes it; serving: what is served, and what each request passes.
page: its layout; composer: its foot; panel: its right side; permitted: what a person allowed a chat; whole_page: what
serves its HTML; checked_blocks: what checks all that is sent; event_options: how its events are treated;
gradio_costs: what makes them cheap. handlers: what happens when a person acts. chats: the chats that are open.
view/: events → what is shown. settings/: models and all else that a person sets. model_picker/: the dialog of models,
and the first run. tool_sources/: tools from elsewhere. exports/: chats as files.
api/: questions of programs. security/: what each request passes first. config: what the owner sets. input_checks: what
may be sent. visitors, slots, fair_queue, visitor_queue: who a visitor is, and how much of each goes on at once;
machine: how much of all. heartbeats: which pages are connected. ending: how the app ends. downloads: files out of a
chat. texts/: all words of the page, in each language.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ui.launching import launch

__all__ = ["launch"]


def __getattr__(name: str) -> Any:
    """Import `launch` when it is first used: what the page needs is slow to import."""
    if name != "launch":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ui.launching import launch

    return launch
