"""Interactive charts, as the HTML that their library writes for a notebook, and as a line for the model.

The HTML names its scripts by their public addresses, as in a file that the library saves. Whoever shows it decides
where these come from.
"""

import sys
from collections.abc import Callable
from typing import Any

_MOST_NAMED = 8  # traces or layers of a chart


def chart_of(value: Any) -> dict[str, str]:
    """Return the HTML and the text of an interactive chart; {} for other values.

    Raises:
        Exception: Whatever the library raises, such as for a column that the data does not have.
    """
    for package, (is_chart, html, text) in _CHARTS.items():
        if package in sys.modules and is_chart(value):
            return {"text/plain": text(value), "text/html": html(value)}
    return {}


def _class(module: str, name: str) -> Callable[[Any], bool]:
    """Return a function that tells whether a value is of a class, which is looked up only in loaded modules."""

    def is_of_class(value: Any) -> bool:
        kind = getattr(sys.modules.get(module), name, None)
        return kind is not None and isinstance(value, kind)

    return is_of_class


def _plotly_html(figure: Any) -> str:
    return figure.to_html(include_plotlyjs="cdn", full_html=False, config={"responsive": True})


def _plotly_text(figure: Any) -> str:
    traces = [" ".join(filter(None, (trace.type, repr(trace.name) if trace.name else ""))) for trace in figure.data]
    title = figure.layout.title.text
    return _line("plotly figure", repr(title) if title else "", _listed(traces, "trace"))


def _altair_html(chart: Any) -> str:
    return chart.to_html()


def _altair_text(chart: Any) -> str:
    written = chart.to_dict()
    mark = written.get("mark", "")
    mark = mark.get("type", "") if isinstance(mark, dict) else mark
    encoding = written.get("encoding") or {}
    fields = [f"{channel}={_field(of)}" for channel, of in encoding.items() if isinstance(of, dict) and _field(of)]
    return _line(f"altair {type(chart).__name__}", mark, ", ".join(fields[:_MOST_NAMED]))


def _field(encoding: dict[str, Any]) -> str:
    parts = (encoding.get("aggregate"), encoding.get("field"))
    return " of ".join(str(part) for part in parts if part)


def _bokeh_html(figure: Any) -> str:
    from bokeh.embed import file_html  # bokeh is loaded: the value is one of its models
    from bokeh.resources import CDN

    return file_html(figure, CDN, "Chart")


def _bokeh_text(figure: Any) -> str:
    glyphs = [type(renderer.glyph).__name__ for renderer in getattr(figure, "renderers", []) if _has_glyph(renderer)]
    title = getattr(getattr(figure, "title", None), "text", "")
    return _line(f"bokeh {type(figure).__name__}", repr(title) if title else "", _listed(glyphs, "glyph"))


def _has_glyph(renderer: Any) -> bool:
    return getattr(renderer, "glyph", None) is not None


def _folium_html(part: Any) -> str:
    return part.get_root().render()


def _folium_text(part: Any) -> str:
    layers = [type(child).__name__ for child in getattr(part, "_children", {}).values()]
    return _line(f"folium {type(part).__name__}", _listed(layers, "layer"))


def _line(*parts: str) -> str:
    return f"<{': '.join(part for part in parts if part)}>"


def _listed(names: list[str], what: str) -> str:
    if not names:
        return ""
    more = f", … {len(names)} {what}s in all" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


_CHARTS: dict[str, tuple[Callable[[Any], bool], Callable[[Any], str], Callable[[Any], str]]] = {
    "plotly": (_class("plotly.basedatatypes", "BaseFigure"), _plotly_html, _plotly_text),
    "altair": (_class("altair", "TopLevelMixin"), _altair_html, _altair_text),
    "bokeh": (_class("bokeh.model", "Model"), _bokeh_html, _bokeh_text),
    "folium": (_class("folium", "Map"), _folium_html, _folium_text),
}
"""The libraries, each with what tells its charts from other values, and what makes their HTML and text."""
