"""Interactive charts: as data for whoever draws them, as HTML that can be saved, and as a line for the model.

The data is what the library itself would hand to its own script. Whoever shows it runs that script and no other, so
nothing that the code writes is ever run there.
"""

import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .maps import map_layers

FILM = "application/vnd.glassbox.film+json"
"""The MIME type of an animation: its frames, and the milliseconds from one to the next."""
_MOST_NAMED = 8  # traces or layers of a chart
_ON_THE_WEB = "its map is on the web, and shows only in the HTML that can be downloaded"
_PLOTLY_MAPS = {
    "choropleth",
    "scattergeo",
    *(f"{kind}{on}" for kind in ("choropleth", "density", "scatter") for on in ("map", "mapbox")),
}


@dataclass(frozen=True)
class _Library:
    """A library of charts.

    Attributes:
        owns: Whether a value is one of its charts.
        mime: The MIME type of the data.
        data: Makes the data, as JSON.
        html: Makes a document, which loads the library's script from the web.
        text: Makes the line for the model.
    """

    owns: Callable[[Any], bool]
    mime: str
    data: Callable[[Any], str]
    html: Callable[[Any], str]
    text: Callable[[Any], str]


def chart_of(value: Any) -> dict[str, str]:
    """Return an interactive chart as a MIME bundle; {} for other values.

    Raises:
        Exception: Whatever the library raises, such as for a column that the data does not have.
    """
    for package, library in _LIBRARIES.items():
        if package in sys.modules and library.owns(value):
            made = {"text/html": library.html(value)}  # first, because folium decides some things while it does so
            return {"text/plain": library.text(value), library.mime: library.data(value), **made}
    return {}


def film_of(html: str) -> str | None:
    """Return the frames of an animation that matplotlib wrote as HTML with scripts, as JSON; None for other HTML."""
    if 'class="animation"' not in html:
        return None
    frames = [found.replace("\\\n", "") for found in _FILM_FRAME.findall(html)]
    interval = _FILM_INTERVAL.search(html)
    return json.dumps({"interval": float(interval[1]), "frames": frames}) if frames and interval else None


_FILM_FRAME = re.compile(r'frames\[\d+\] = "(data:image/\w+;base64,[\w+/=\\\n]+)"')
_FILM_INTERVAL = re.compile(r"slider_id, ([\d.]+),")


def _is_a(module: str, name: str) -> Callable[[Any], bool]:
    """Return a function that tells whether a value is of a class, which is looked up only in loaded modules."""

    def is_of_class(value: Any) -> bool:
        kind = getattr(sys.modules.get(module), name, None)
        return kind is not None and isinstance(value, kind)

    return is_of_class


def _plotly_html(figure: Any) -> str:
    return figure.to_html(include_plotlyjs="cdn")


def _plotly_text(figure: Any) -> str:
    traces = [" ".join(filter(None, (trace.type, repr(trace.name) if trace.name else ""))) for trace in figure.data]
    title = figure.layout.title.text
    is_map = any(trace.type in _PLOTLY_MAPS for trace in figure.data)
    parts = (repr(title) if title else "", _listed(traces, "trace"), _ON_THE_WEB if is_map else "")
    return _line("plotly figure", *parts)


def _altair_data(chart: Any) -> str:
    return _json(chart.to_dict())


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


def _bokeh_data(figure: Any) -> str:
    from bokeh.embed import json_item  # bokeh is loaded: the value is one of its models

    return _json(json_item(figure))


def _bokeh_html(figure: Any) -> str:
    from bokeh.embed import file_html
    from bokeh.resources import CDN

    return file_html(figure, CDN, "Chart")


def _bokeh_text(figure: Any) -> str:
    renderers = getattr(figure, "renderers", [])
    glyphs = [type(glyph).__name__ for glyph in (getattr(renderer, "glyph", None) for renderer in renderers) if glyph]
    title = getattr(getattr(figure, "title", None), "text", "")
    return _line(f"bokeh {type(figure).__name__}", repr(title) if title else "", _listed(glyphs, "glyph"))


def _folium_data(map: Any) -> str:
    return _json(map_layers(map))


def _folium_html(map: Any) -> str:
    return map.get_root().render()


def _folium_text(map: Any) -> str:
    layers = [type(child).__name__ for child in getattr(map, "_children", {}).values()]
    return _line(f"folium {type(map).__name__}", _listed(layers, "layer"), _ON_THE_WEB)


def _json(data: Any) -> str:
    """Return data as JSON that browsers read: NaN is null, numbers of numpy are numbers."""
    text = json.dumps(data, default=lambda value: value.item() if hasattr(value, "item") else str(value))
    return json.dumps(json.loads(text, parse_constant=lambda _: None)) if "NaN" in text or "Infinity" in text else text


def _line(*parts: str) -> str:
    return f"<{': '.join(part for part in parts if part)}>"


def _listed(names: list[str], what: str) -> str:
    if not names:
        return ""
    more = f", … {len(names)} {what}s in all" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


_LIBRARIES = {
    "plotly": _Library(
        _is_a("plotly.basedatatypes", "BaseFigure"),
        "application/vnd.plotly.v1+json",
        lambda figure: figure.to_json(),
        _plotly_html,
        _plotly_text,
    ),
    "altair": _Library(
        _is_a("altair", "TopLevelMixin"),
        "application/vnd.vegalite.v6+json",
        _altair_data,
        lambda chart: chart.to_html(),
        _altair_text,
    ),
    "bokeh": _Library(
        _is_a("bokeh.model", "Model"), "application/vnd.bokeh.item+json", _bokeh_data, _bokeh_html, _bokeh_text
    ),
    "folium": _Library(
        _is_a("folium", "Map"), "application/vnd.glassbox.map+json", _folium_data, _folium_html, _folium_text
    ),
}
