import base64
from pathlib import Path

import pytest

from agent_core.execution import Display
from ui.view.pictures import Pictures, drawing_html


def picture(mime: str, content: str) -> Display:
    return Display({"text/plain": "x", mime: content})


@pytest.mark.parametrize(
    ("mime", "content", "ending", "file"),
    [
        ("image/png", base64.b64encode(b"\x89PNG").decode(), ".png", b"\x89PNG"),
        ("image/jpeg", base64.b64encode(b"\xff\xd8").decode(), ".jpg", b"\xff\xd8"),
        ("image/gif", base64.b64encode(b"GIF89a").decode(), ".gif", b"GIF89a"),
        ("image/webp", base64.b64encode(b"RIFF").decode(), ".webp", b"RIFF"),
    ],
)
def test_a_picture_is_laid_down_once_until_the_chat_is_over(mime, content, ending, file):
    pictures, display = Pictures(), picture(mime, content)
    assert display.image_type == mime
    path = pictures.path_of(display)
    assert (path.suffix, path.read_bytes()) == (ending, file)
    path.write_bytes(b"kept")
    assert pictures.path_of(display) == path and path.read_bytes() == b"kept"
    assert pictures.path_of(picture(mime, content)) != path
    pictures.close()
    assert not path.parent.exists()


def test_a_drawing_is_part_of_its_message():
    display = picture("image/svg+xml", "<svg>é</svg>")
    assert display.image_type == "image/svg+xml"
    assert f'src="data:image/svg+xml;base64,{base64.b64encode("<svg>é</svg>".encode()).decode()}"' in drawing_html(
        display
    )


def test_other_displays_are_no_pictures():
    assert Display({"text/plain": "x", "text/html": "<img>"}).kind == "table"


def test_two_chats_do_not_share_their_pictures():
    first, second = Pictures(), Pictures()
    display = picture("image/png", "AAAA")
    assert first.path_of(display) != second.path_of(display)
    second.close()
    assert Path(first.path_of(display)).exists()
    first.close()
