"""Tables of pandas as HTML, of a size that a page can show."""

import re
import sys
from html import escape
from typing import Any

_TABLE_ROWS = 100
_TABLE_COLUMNS = 50
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_ID = re.compile(r'\bid="(\w+)"')


def table_of(value: Any) -> dict[str, str]:
    """Return a value's table as a part of its MIME bundle; {} if it is none."""
    return _styled_table(value) or _table(value)


def _table(value: Any) -> dict[str, str]:
    pandas = sys.modules.get("pandas")
    if not pandas or not isinstance(value, (pandas.DataFrame, pandas.Series)):
        return {}
    frame = value.to_frame() if isinstance(value, pandas.Series) else value
    if frame.columns.name is None and frame.index.nlevels == frame.columns.nlevels == 1:
        frame = frame.rename_axis(index=None, columns=frame.index.name)  # otherwise it takes a row of its own
    html = frame.head(_TABLE_ROWS).to_html(border=0, max_cols=_TABLE_COLUMNS)
    rest = len(frame) - _TABLE_ROWS
    return {"text/html": f"{html}\n<p>{rest:,} more rows</p>" if rest > 0 else html}


def _styled_table(value: Any) -> dict[str, str]:
    """Return the colours of a pandas Styler as HTML, and the values of its table as text."""
    styles = sys.modules.get("pandas.io.formats.style")
    if not styles or not isinstance(value, styles.Styler):
        return {}
    html = value.to_html(max_rows=_TABLE_ROWS, max_columns=_TABLE_COLUMNS)
    return {"text/plain": repr(value.data), "text/html": _with_styles_inside(html)}


def _with_styles_inside(html: str) -> str:
    """Move the rules of a Styler's style sheet, which no page takes, into the cells that they are for."""
    sheet, _, table = html.partition("</style>")
    rules: dict[str, str] = {}
    for selectors, style in _RULE.findall(sheet.partition(">")[2]):
        for selector in selectors.split(","):
            name = selector.strip()
            rules[name] = f"{rules.get(name, '')} {' '.join(style.split())}".strip()

    def styled(match: re.Match[str]) -> str:
        style = rules.get(f"#{match[1]}")
        return f'{match[0]} style="{escape(style)}"' if style else match[0]

    return _ID.sub(styled, table)
