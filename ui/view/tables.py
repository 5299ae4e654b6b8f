"""The tables of one chat that can be downloaded, and the links to them."""

from agent_core.execution import CSV, Display


class Tables:
    """Numbers the tables in the order in which they are first shown. A number stays valid as long as the chat.

    Args:
        address: The address below which the browser fetches them.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._displays: list[Display] = []

    def links_html(self, display: Display) -> str:
        """Return the links below a table; "" if it cannot be downloaded."""
        if CSV not in display.data:
            return ""
        at = f"{self._address}/{self._number_of(display)}"
        links = f'<a href="{at}.csv" download="">CSV</a> · <a href="{at}.xlsx" download="">Excel</a>'
        return f'<p class="table-files">{links}</p>'

    def csv(self, number: int) -> str | None:
        """Return a table as CSV; None if there is none of this number."""
        return self._displays[number - 1].data[CSV] if 0 < number <= len(self._displays) else None

    def _number_of(self, display: Display) -> int:
        for number, known in enumerate(self._displays, 1):
            if known is display:
                return number
        self._displays.append(display)
        return len(self._displays)
