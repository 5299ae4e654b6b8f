import base64

import pytest

from agent_core.execution import Display
from ui.view.assets import NamedDisplays
from ui.view.pictures import picture_html

DRAWING = Display({"text/plain": "x", "image/svg+xml": "<svg>é</svg>"})


def test_a_picture_has_an_address_and_keeps_it():
    pictures = NamedDisplays("pictures/a")
    first, other = (Display({"text/plain": "x", "image/png": content}) for content in ("AAAA", "BBBB"))
    html = picture_html(first, pictures)
    assert html.startswith('<img src="pictures/a/') and 'alt="A picture made by the code"' in html
    assert picture_html(other, pictures) != html == picture_html(first, pictures)
    again = Display({"text/plain": "x", "image/png": "AAAA"})  # as after a restart
    assert picture_html(again, NamedDisplays("pictures/a")) == html


def test_a_drawing_is_part_of_its_message():
    encoded = base64.b64encode("<svg>é</svg>".encode()).decode()
    assert f'src="data:image/svg+xml;base64,{encoded}"' in picture_html(DRAWING, NamedDisplays("pictures/a"))


def test_other_displays_are_no_pictures():
    assert Display({"text/plain": "x", "text/html": "<img>"}).kind == "table"
    with pytest.raises(AssertionError):
        picture_html(Display({"text/plain": "x"}), NamedDisplays("pictures/a"))
