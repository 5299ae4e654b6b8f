import zlib

import pytest

from agent_core.errors import ToolError
from tests.tools.loopback import Loopback
from tests.tools.readers.pdfs import make_pdf
from tools.readers.pdf import read_pdf
from tools.web.page import Link


def test_each_page_stands_under_its_number():
    document = read_pdf(make_pdf(["Flour and water", "", "Salt"], title="Bread", url="https://salt.example/"))
    assert document.title == "Bread"
    assert document.text == "## Page 1\n\nFlour and water\n\n## Page 3\n\nSalt"
    assert document.links == [Link("", "https://salt.example/")]


def test_a_pdf_without_a_title_is_called_by_its_first_line_and_dots_do_not_count():
    document = read_pdf(make_pdf(["Baking . . . . . . . . . 7"]))
    assert (document.title, document.text) == ("Baking … 7", "## Page 1\n\nBaking … 7")


def test_a_pdf_that_only_limits_printing_is_read():
    assert "Flour" in read_pdf(make_pdf(["Flour"], owner="secret")).text


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (make_pdf(["Flour"], password="secret"), "encrypted and opens only with a password"),
        (make_pdf(["", ""]), "holds no text, only pictures"),
        (make_pdf(["Flour"])[:200], "broken"),
        (b"%PDF-1.7\n" + b"\xff\x00garbage" * 200, "broken"),
        (b"%PDF-1.7\nxref\n0 1\ntrailer << /Root 1 0 R /Size 99999999999 >>\nstartxref\n9\n%%EOF", "broken"),
    ],
)
def test_a_pdf_without_text_to_read_is_explained(body, message):
    with pytest.raises(ToolError, match=message):
        read_pdf(body)


async def test_a_pdf_is_read_in_a_process_of_its_own(server):
    server.serve("/paper", make_pdf(["Flour and water"]), content_type="application/octet-stream")
    page = await Loopback(server).visit("/paper")
    assert (page.media_type, page.text) == ("application/pdf", "## Page 1\n\nFlour and water")


async def test_an_encrypted_pdf_is_a_sentence_for_the_model(server):
    server.serve("/paper", make_pdf(["Flour"], password="secret"), content_type="application/pdf")
    with pytest.raises(ToolError, match="This PDF is encrypted"):
        await Loopback(server).visit("/paper")


def test_a_bomb_of_packed_content_is_not_unpacked_whole():
    bomb = zlib.compress(b"BT ET " * 50_000_000, 9)
    head = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>endobj\n"
        b"4 0 obj<</Filter/FlateDecode/Length "
        + str(len(bomb)).encode()
        + b">>stream\n"
        + bomb
        + b"\nendstream endobj\n"
        b"trailer<</Root 1 0 R>>\n%%EOF"
    )
    with pytest.raises(ToolError, match=r"no text|broken"):
        read_pdf(head)
