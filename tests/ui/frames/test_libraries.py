"""The scripts of charts come from the installed packages."""

import pytest

from agent_core.execution import CHARTS
from ui.frames.libraries import NEEDED, read_library


def test_all_that_charts_load_is_here():
    assert NEEDED.keys() == set(CHARTS)
    for name in {"frame.css", "draw.js", "trusted_html.js"}.union(*NEEDED.values()):
        content = read_library(name)
        assert content and len(content) > 200, name


def test_style_sheets_find_their_pictures():
    sheet = read_library("leaflet.css")
    assert sheet and b"url(images/layers.png)" in sheet
    assert all(read_library(f"images/{name}.png") for name in ("layers", "layers-2x", "marker-icon", "marker-shadow"))


@pytest.mark.parametrize("name", ["", "nothing.js", "../routes.py", "images/../../x", "images/marker-icon.gif"])
def test_there_is_nothing_else(name: str):
    assert read_library(name) is None
