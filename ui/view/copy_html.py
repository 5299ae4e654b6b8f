"""What a person can copy of a turn, as links in a message: copy.js has them copy what stands at their address."""

from ui.view.turn_view import TurnView


def copy_html(turn: TurnView, address: str) -> str:
    """Return a line of links below a turn; "" if there is nothing to copy.

    Args:
        turn: A turn that is over.
        address: Where the browser fetches the turn's text, relative to the page.
    """
    links = f'<a href="{address}/text">Copy answer</a>' if turn.answer else ""
    links += f'<a href="{address}/text?steps">Copy with steps</a>' if any(map(turn.shows, turn.steps)) else ""
    return f'<div class="copies">{links}</div>' if links else ""
