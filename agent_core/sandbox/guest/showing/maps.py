"""What is on a map of folium, as data: folium itself only writes scripts."""

from collections.abc import Callable, Iterator
from typing import Any

_PIN_COLOURS = {
    "red": "#d63e2a",
    "darkred": "#a13336",
    "lightred": "#ff8e7f",
    "orange": "#f69730",
    "beige": "#ffcb92",
    "green": "#72b026",
    "darkgreen": "#728224",
    "lightgreen": "#bbf970",
    "blue": "#38aadd",
    "darkblue": "#00649f",
    "lightblue": "#8adaff",
    "purple": "#d252b9",
    "darkpurple": "#5b396b",
    "pink": "#ff91ea",
    "cadetblue": "#436978",
    "white": "#fbfbfb",
    "gray": "#575757",
    "lightgray": "#a3a3a3",
    "black": "#303030",
}

Layer = dict[str, Any]


def map_layers(map: Any) -> Layer:
    """Return a map as data.

    Args:
        map: A folium.Map.

    Returns:
        "center" and "zoom", "bounds" if they were set by `fit_bounds`, "control" if its layers can be switched, and
        "layers": each a dict with its "kind" and what this kind has.
    """
    children = list(map._children.values())
    bounds = next((child.bounds for child in children if type(child).__name__ == "FitBounds"), None)
    return {
        "center": map.location,
        "zoom": map.options.get("zoom", 1),
        "bounds": bounds or (None if map.location else map.get_bounds()),
        "control": any(type(child).__name__ == "LayerControl" for child in children),
        "layers": list(_layers(children)),
    }


def _layers(children: list[Any]) -> Iterator[Layer]:
    """Make a layer of each child that can be drawn; others, such as pictures from the web, are left out."""
    for child in children:
        name = next((kind.__name__ for kind in type(child).__mro__ if kind.__name__ in _KINDS), "")
        if name:
            yield {**_words(child), **_KINDS[name](child)}


def _words(layer: Any) -> Layer:
    """Return the popup and the tooltip of a layer, as HTML."""
    words: Layer = {}
    for child in layer._children.values():
        if type(child).__name__ == "Popup":
            words["popup"] = "".join(part.render() for part in child.html._children.values())
        elif type(child).__name__ == "Tooltip":
            words["tooltip"] = child.text
    return words


def _marker(marker: Any) -> Layer:
    icon: Any = getattr(marker, "icon", None)
    kind = type(icon).__name__
    pin: Layer = {"kind": "marker", "at": marker.location}
    if kind == "DivIcon":
        return {**pin, "html": icon.options.get("html") or ""}
    return {**pin, "colour": _PIN_COLOURS.get(icon.options.get("marker_color"), "")} if kind == "Icon" else pin


def _circle(circle: Any) -> Layer:
    return {"kind": "circle", "at": circle.location, "style": circle.options}


def _circle_marker(circle: Any) -> Layer:
    return {"kind": "dot", "at": circle.location, "style": circle.options}


def _line(line: Any) -> Layer:
    return {"kind": "line", "points": line.locations, "style": line.options}


def _polygon(polygon: Any) -> Layer:
    return {"kind": "area", "points": polygon.locations, "style": polygon.options}


def _rectangle(rectangle: Any) -> Layer:
    return {"kind": "rectangle", "points": rectangle.locations, "style": rectangle.options}


def _geo_json(layer: Any) -> Layer:
    shown = {type(child).__name__: child for child in layer._children.values()}
    features = layer.data.get("features", [layer.data]) if isinstance(layer.data, dict) else []
    drawn = [
        {
            "shape": feature,
            "style": layer.style_function(feature) if layer.style else {},
            "popup": _fields(shown.get("GeoJsonPopup"), feature),
            "tooltip": _fields(shown.get("GeoJsonTooltip"), feature),
        }
        for feature in features
    ]
    return {"kind": "shapes", "name": layer.layer_name, "shapes": drawn}


def _fields(of: Any, feature: Layer) -> str:
    """Return the properties of a shape that its popup or tooltip names, as a table."""
    if of is None:
        return ""
    properties = feature.get("properties") or {}
    rows = (
        f"<tr><th>{alias}</th><td>{properties.get(field, '')}</td></tr>"
        for field, alias in zip(of.fields, of.aliases, strict=True)
    )
    return f"<table>{''.join(rows)}</table>"


def _heat(heat: Any) -> Layer:
    names = {"min_opacity": "minOpacity", "max_zoom": "maxZoom", "radius": "radius", "blur": "blur"}
    style = {theirs: heat.options[ours] for ours, theirs in names.items() if ours in heat.options}
    return {"kind": "heat", "points": heat.data, "style": style}


def _group(group: Any) -> Layer:
    kind = "cluster" if "Cluster" in type(group).__name__ else "group"
    inner = list(_layers(list(group._children.values())))
    return {"kind": kind, "name": group.layer_name, "shown": group.show, "layers": inner}


def _legend(colours: Any) -> Layer:
    steps = [f"rgba({r * 255:.0f}, {g * 255:.0f}, {b * 255:.0f}, {a})" for r, g, b, a in colours.colors]
    return {"kind": "legend", "caption": colours.caption, "colours": steps, "least": colours.vmin, "most": colours.vmax}


_KINDS: dict[str, Callable[[Any], Layer]] = {
    "Marker": _marker,
    "Circle": _circle,
    "CircleMarker": _circle_marker,
    "PolyLine": _line,
    "Polygon": _polygon,
    "Rectangle": _rectangle,
    "GeoJson": _geo_json,
    "HeatMap": _heat,
    "FeatureGroup": _group,
    "MarkerCluster": _group,
    "ColorMap": _legend,
}
"""What makes a layer of each class of folium and branca, those that inherit from it included."""
