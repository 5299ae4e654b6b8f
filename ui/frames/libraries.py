"""The scripts and style sheets of chart libraries, which frames get from here instead of from the web."""

import re
import subprocess
import sys
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

_CDN = r"https?://[\w.-]+/(?:[\w.@~/+-]*/)?"
# The end of an address, without version or ".min", to the name of the file that is served for it. "" is a part that the
# file of another one has too, or that nothing is missing without.
_LIBRARIES: tuple[tuple[str, str], ...] = (
    (r"(?:plotly(?:-[a-z]+)*(?:-[\d.]+)?\.js|plotly\.js(?:-[a-z]+)*)", "plotly.js"),
    (r"(bokeh(?:-(?:api|gl|mathjax|tables|widgets))?)-[\d.]+\.js", r"\1.js"),
    (r"vega(?:\.js)?", "vega.js"),
    (r"vega-(?:lite|embed)(?:\.js)?", ""),
    (r"leaflet\.js", "leaflet.js"),
    (r"leaflet\.css", "leaflet.css"),
    (r"leaflet\.markercluster\.js", "leaflet.markercluster.js"),
    (r"MarkerCluster\.css", "MarkerCluster.css"),
    (r"MarkerCluster\.Default\.css", "MarkerCluster.Default.css"),
    (r"leaflet\.awesome-markers\.js", "awesome_markers.js"),
    (r"leaflet_heat\.js", "leaflet_heat.js"),
    (r"jquery(?:-[\d.]+)?(?:\.slim)?\.js", "jquery.js"),
    (r"(?:bootstrap(?:\.bundle)?|leaflet\.awesome-markers|leaflet\.awesome\.rotate)\.(?:js|css)", ""),
    (r"(?:bootstrap-glyphicons|all|font-awesome)\.css", ""),
)
_FILES: dict[str, tuple[str, str]] = {
    "plotly.js": ("plotly", "package_data/plotly.min.js"),
    **{
        f"bokeh{part}.js": ("bokeh", f"server/static/js/bokeh{part}.min.js")
        for part in ("", "-api", "-gl", "-mathjax", "-tables", "-widgets")
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
    "jquery.js": ("xstatic.pkg.jquery", "data/jquery.min.js"),
    "awesome_markers.js": ("ui.frames", "awesome_markers.js"),
}
"""The files that are served, each with its package and its path in it."""

_ANSWERS = [(re.compile(_CDN + pattern), name) for pattern, name in _LIBRARIES]
_VERSION = re.compile(r"@[\w.^~-]+(?=/|$)|\.min(?=\.\w+$)")
_MAKE_VEGA = "import sys, vl_convert; sys.stdout.buffer.write(vl_convert.javascript_bundle().encode())"


def library_for(address: str) -> str | None:
    """Return the name of the file that is served for a public address.

    Returns:
        The name; "" for what is not needed, None for what is not here.
    """
    plain = _VERSION.sub("", address)
    matches = ((pattern.fullmatch(plain), name) for pattern, name in _ANSWERS)
    return next((match.expand(name) for match, name in matches if match), None)


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
