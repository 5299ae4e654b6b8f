"""The scripts and style sheets that draw charts in frames. They come from installed packages, never from the web."""

import subprocess
import sys
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

_FILES: dict[str, tuple[str, str]] = {
    **{name: ("ui.frames", name) for name in ("draw.js", "frame.css", "trusted_html.js")},
    "plotly.js": ("plotly", "package_data/plotly.min.js"),
    **{
        f"bokeh{part}.js": ("bokeh", f"server/static/js/bokeh{part}.min.js")
        for part in ("", "-gl", "-tables", "-widgets")
    },
    "leaflet.js": ("xstatic.pkg.leaflet", "data/leaflet.js"),
    "leaflet.css": ("xstatic.pkg.leaflet", "data/leaflet.css"),
    **{
        f"images/{name}.png": ("xstatic.pkg.leaflet", f"data/images/{name}.png")
        for name in ("layers", "layers-2x", "marker-icon", "marker-icon-2x", "marker-shadow")
    },
    "leaflet.markercluster.js": ("xstatic.pkg.leaflet_markercluster", "data/leaflet.markercluster.js"),
    "MarkerCluster.css": ("xstatic.pkg.leaflet_markercluster", "data/MarkerCluster.css"),
    "MarkerCluster.Default.css": ("xstatic.pkg.leaflet_markercluster", "data/MarkerCluster.Default.css"),
    "leaflet_heat.js": ("folium", "templates/leaflet_heat.min.js"),
}
"""The files that are served, each with its package and its path in it; "vega.js" is made."""

NEEDED: dict[str, tuple[str, ...]] = {
    "application/vnd.plotly.v1+json": ("plotly.js",),
    "application/vnd.vegalite.v6+json": ("vega.js",),
    "application/vnd.bokeh.item+json": ("bokeh.js", "bokeh-gl.js", "bokeh-widgets.js", "bokeh-tables.js"),
    "application/vnd.glassbox.map+json": (
        "leaflet.css",
        "MarkerCluster.css",
        "MarkerCluster.Default.css",
        "leaflet.js",
        "leaflet.markercluster.js",
        "leaflet_heat.js",
    ),
    "application/vnd.glassbox.film+json": (),
}
"""What each type of chart loads, in this order."""

_MAKE_VEGA = "import sys, vl_convert; sys.stdout.buffer.write(vl_convert.javascript_bundle().encode())"


def read_library(name: str) -> bytes | None:
    """Return the content of a file; None if there is none of this name. The first time, "vega.js" takes seconds."""
    if name == "vega.js":
        return _vega()
    package, path = _FILES.get(name, ("", ""))
    spec = find_spec(package) if package else None  # it need not be imported
    folders = spec.submodule_search_locations if spec else None
    return (Path(folders[0]) / path).read_bytes() if folders else None


@lru_cache(maxsize=1)
def _vega() -> bytes:
    """Return Vega, Vega-Lite and Vega-Embed in one script.

    vl-convert bundles them, in a process of its own, because it brings a whole JavaScript engine along.
    """
    made = subprocess.run([sys.executable, "-c", _MAKE_VEGA], env={}, capture_output=True, check=True, timeout=60)
    return made.stdout
