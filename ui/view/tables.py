"""The links below a table that can be downloaded."""

from agent_core.execution import CSV, Display
from ui.view.assets import NamedDisplays


def links_html(display: Display, tables: NamedDisplays) -> str:
    """Return the links; "" for a table that cannot be downloaded."""
    if CSV not in display.data:
        return ""
    at = tables.address_of(display)
    links = f'<a href="{at}.csv" download="">CSV</a> · <a href="{at}.xlsx" download="">Excel</a>'
    return f'<p class="table-files">{links}</p>'
