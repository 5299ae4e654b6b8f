"""The scripts of charts come from the app, in the versions that the installed packages ask for."""

import re
from collections.abc import Iterator

import altair
import folium
import plotly.graph_objects
import pytest
from bokeh.embed import file_html
from bokeh.plotting import figure
from bokeh.resources import CDN
from folium.plugins import HeatMap, MarkerCluster

from ui.frames.libraries import library_for, read_library


def _map() -> str:
    map = folium.Map()
    for plugin in (MarkerCluster(), HeatMap([[1, 2]]), folium.Marker([1, 2], icon=folium.Icon())):
        plugin.add_to(map)
    return map.get_root().render()


DOCUMENTS = {
    "plotly": plotly.graph_objects.Figure().to_html(include_plotlyjs="cdn"),
    "altair": altair.Chart().mark_bar().to_html(),
    "bokeh": file_html(figure(), CDN),
    "folium": _map(),
}


def _addresses(html: str) -> Iterator[str]:
    yield from re.findall(r"<(?:script|link)[^>]*(?:src|href)=\"(https:[^\"]+)\"", html)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_all_that_charts_load_is_here(name: str):
    addresses = list(_addresses(DOCUMENTS[name]))
    libraries = [library_for(address) for address in addresses]
    assert addresses and None not in libraries, addresses
    assert any(libraries)
    for library in filter(None, libraries):
        content = read_library(library)
        assert content and len(content) > 500


@pytest.mark.parametrize(
    ("address", "library"),
    [
        ("https://cdn.plot.ly/plotly-latest.min.js", "plotly.js"),
        ("https://cdn.plot.ly/plotly-basic-2.35.2.min.js", "plotly.js"),
        ("https://cdn.jsdelivr.net/npm/plotly.js-dist-min@2.27.0/plotly.min.js", "plotly.js"),
        ("https://cdn.jsdelivr.net/npm/plotly.js-dist@2", "plotly.js"),
        ("https://cdn.bokeh.org/bokeh/release/bokeh-widgets-3.4.1.min.js", "bokeh-widgets.js"),
        ("https://cdn.jsdelivr.net/npm/vega@5", "vega.js"),
        ("https://cdn.jsdelivr.net/npm/vega@5.30.0/build/vega.min.js", "vega.js"),
        ("https://cdn.jsdelivr.net/npm/vega-embed@6/build/vega-embed.min.js", ""),
        ("https://unpkg.com/leaflet@1.9.4/dist/leaflet.css", "leaflet.css"),
        ("https://code.jquery.com/jquery-3.6.0.slim.min.js", "jquery.js"),
        ("https://d3js.org/d3.v7.min.js", None),
        ("https://evil.example/?https://cdn.plot.ly/plotly.min.js", None),
    ],
)
def test_other_versions_and_places_lead_to_the_same(address: str, library: str | None):
    assert library_for(address) == library


@pytest.mark.parametrize("name", ["", "nothing.js", "../routes.py", "images/../../x", "images/marker-icon.gif"])
def test_there_is_nothing_else(name: str):
    assert read_library(name) is None
