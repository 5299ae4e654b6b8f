"""What code displays is checked where it comes in: nonsense shows as a sentence, and ends nothing."""

import base64
import io
import random

import pytest
from PIL import Image

from agent_core.events import Displayed
from agent_core.execution import VALUE
from agent_core.memory.observation import observe
from agent_core.sandbox import Sandbox
from tests.agent_core.sandbox.support import collect, value

SHOW = """
class Shown:
    def __init__(self, bundle): self.bundle = bundle
    def _repr_mimebundle_(self, include=None, exclude=None): return self.bundle
    def __repr__(self): return 'a thing'
"""
SVG = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><g><rect width='9' height='9'/></g></svg>"


def encoded(kind: str) -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30)).save(buffer, kind)
    return base64.b64encode(buffer.getvalue()).decode()


PNG = encoded("PNG")
HUGE = bytearray(base64.b64decode(PNG))
HUGE[16:24] = b"\x7f\xff\xff\xff" * 2


async def shown(box: Sandbox, bundle: object) -> dict[str, str]:
    *_, done = await collect(box, f"{SHOW}\ndisplay(Shown({bundle!r}))")
    assert done.error is None, done.error
    return done.displays[0].data


@pytest.mark.parametrize(
    ("mime", "content", "reason"),
    [
        ("image/png", "abc", "it is not valid base64"),
        ("image/png", "§$%", "it is not valid base64"),
        ("image/png", base64.b64encode(b"GIF89a no png").decode(), "it does not begin as a PNG does"),
        ("image/png", b"png", "it does not begin as a PNG does"),
        ("image/png", base64.b64decode(PNG)[:20], "its data ends too early"),
        ("image/png", bytes(HUGE), "its header is damaged"),
        ("image/jpeg", PNG, "it does not begin as a JPEG does"),
        ("image/jpeg", b"\xff\xd8\xff\xe0\0\4", "its data ends too early"),
        ("image/jpeg", b"\xff\xd8" + b"\xff" * 100_000, "its header is damaged"),
        ("image/jpeg", b"\xff\xd8\xff\xc0\0\x11\x08" + b"\xff" * 40, "65,535 by 65,535 pixels"),
        ("image/gif", b"GIF89a\0\0\0\0", "0 by 0 pixels"),
        ("image/webp", b"RIFF0000WEBPVP9 0000", "its header is damaged"),
        ("image/bmp", b"BM", "pictures are PNG"),
        ("image/svg+xml", "<svg><g></svg>", "not well-formed XML"),
        ("image/svg+xml", "", "not well-formed XML"),
        ("image/svg+xml", "<html/>", "it does not begin as an SVG does"),
        ("image/svg+xml", '<!DOCTYPE svg [<!ENTITY a "aa">]><svg>&a;</svg>', "it declares entities"),
        ("image/svg+xml", "<svg>" + "<g>" * 10_000, "nested elements"),
        ("image/svg+xml", "<svg>\0</svg>", "not well-formed XML"),
        ("image/svg+xml", f"<svg>{' ' * 3_000_000}</svg>", "longer than 2 MB"),
        ("application/vnd.plotly.v1+json", '{"data": [NaN]}', "it is not valid JSON"),
        ("application/vnd.plotly.v1+json", '{"data": ' + "[" * 200_000, "it is not valid JSON"),
        ("application/vnd.glassbox.map+json", "[]", "it is not an object"),
    ],
)
async def test_a_picture_or_chart_that_is_none_shows_as_a_sentence(
    box: Sandbox, mime: str, content: object, reason: str
):
    await value(box, "kept = 1")
    done = await box.run(f"{SHOW}\ndisplay(Shown({{{mime!r}: {content!r}}}))")
    (display,) = done.displays
    assert display.data.keys() == {"text/plain"}
    assert str(display).startswith(f"a thing\n(What was given as {mime} cannot be shown: ") and reason in str(display)
    assert reason in observe(done), "the model is told"
    assert await value(box, "kept") == "1", "the worker lives"


async def test_an_answer_is_checked_like_what_is_displayed(box: Sandbox):
    done = await box.run(f"{SHOW}\nfinal_answer(Shown({{'image/png': 'abc'}}))")
    assert done.answer is not None
    assert done.answer.data.keys() == {"text/plain", VALUE} and "not valid base64" in str(done.answer)
    assert "not valid base64" in observe(done)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
async def test_true_pictures_are_shown_as_they_are(box: Sandbox, kind: str):
    mime = f"image/{kind.lower()}"
    assert (await shown(box, {mime: encoded(kind)}))[mime] == encoded(kind)
    folded = "\n".join(encoded(kind)[at : at + 76] for at in range(0, len(encoded(kind)), 76))
    assert (await shown(box, {mime: folded}))[mime] == encoded(kind), "as notebooks fold it"


async def test_true_svg_is_shown_as_it_is(box: Sandbox):
    drawn = '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x.dtd">' + SVG
    for text in (SVG, drawn):
        assert (await shown(box, {"image/svg+xml": text}))["image/svg+xml"] == text


async def test_names_of_types_and_signs_that_nobody_could_show_do_not_come_in(box: Sandbox):
    bundle = {"<b>": "x", "text/": "x", "x" * 500: "x", 7: "x", "text/html": "<b>\0\ud800</b>", "text/latex": "$x$"}
    data = await shown(box, bundle | {"text/plain": "a\x01b\ud83d"})
    assert data == {"text/plain": "a\ufffdb?", "text/html": "<b>\ufffd?</b>", "text/latex": "$x$"}
    many = await shown(box, {f"application/x{number}": "x" for number in range(500)})
    assert 1 < len(many) <= 20


async def test_random_bundles_end_nothing(box: Sandbox):
    chance = random.Random(7)
    types = ["text/plain", "text/html", "image/png", "image/jpeg", "image/svg+xml", "image/webp", "x", "\ud800/x"]
    pieces = [
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"\0",
        b"RIFF",
        b"IHDR",
        bytes(range(256)),
        b"<svg>",
        b"<div>" * 999,
    ]
    bundles = []
    for _ in range(45):
        data = b"".join(chance.choices(pieces, k=chance.randrange(6)))
        forms = [data, data.decode("latin-1"), base64.b64encode(data).decode(), None, 7, [data], "\ud83d\0\u202e" * 9]
        bundles.append({mime: chance.choice(forms) for mime in chance.sample(types, chance.randrange(1, 8))})
    *events, done = await collect(box, f"{SHOW}\nfor bundle in {bundles!r}:\n    display(Shown(bundle))")
    assert done.error is None, done.error
    assert len([event for event in events if isinstance(event, Displayed)]) == len(done.displays) == 45
    for display in done.displays:
        "".join(display.data.values()).encode()
        assert "\0" not in str(display)
        assert not any(mime.startswith("image/") and mime != "image/svg+xml" for mime in display.data)


async def test_a_table_to_download_has_a_limit_whoever_made_it(box: Sandbox):
    bundle = {"text/plain": "a table", "text/html": "<table></table>"}
    assert await shown(box, bundle | {"text/csv": "a\n1\n"}) == bundle | {"text/csv": "a\n1\n"}
    assert (await shown(box, bundle | {"text/csv": "a" * (2**20 + 1)})).keys() == bundle.keys()
