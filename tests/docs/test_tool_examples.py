"""The programs of docs/examples that are about tools, files and values; see test_examples."""

import threading
from collections.abc import Iterator

import pytest

from docs.examples import (
    browser,
    files,
    mcp_tools,
    own_tools,
    pictures,
    rag,
    text_to_sql,
    values,
)
from tests.agent_core.support import code
from tests.browser.install import installed_browser
from tests.docs.support import replies
from tests.doubles.web_server import WebServer


async def test_a_wrong_query_is_mended_and_no_query_writes():
    model = replies(
        code("print(query('SELECT boat_name FROM trips'))"),
        code("query('DELETE FROM trips')"),
        code(
            "rows = query('SELECT name, SUM(euros) / SUM(guests) AS each FROM trips JOIN boats ON boats.id = boat"
            " GROUP BY name ORDER BY each DESC')\nfinal_answer(f\"{rows[0]['name']}: {rows[0]['each']:.2f} euros\")"
        ),
    )
    result = await text_to_sql.main(model)
    assert str(result.answer) == "Swan: 25.00 euros"


async def test_passages_are_found_and_become_sources():
    model = replies(
        code("for words in ('kiln dry', 'firing costs'):\n    print(search_handbook(words))"),
        "After seven days of drying, on a second Thursday [1]; 2 kg cost 8 euros [2].",
    )
    result = await rag.main(model)
    assert [source.title for source in result.sources][:2] == ["kiln", "fees"]


async def test_functions_and_methods_are_tools():
    model = replies(
        code("in_stock('bananas')"),
        code("put('apples', 20)"),
        code("plums = in_stock('plums')\nput('apples', 4)\nreceipt(['4 apples'], 4 * price('apples', 'pounds'))"),
    )
    result = await own_tools.main(model)
    assert str(result.answer) == "4 apples\ntotal         1.36"
    assert "There is no 'bananas' here, only apples, pears, plums." in model.sent[1]
    assert "pieces must be less than or equal to 10" in model.sent[2]


async def test_tools_of_a_server_give_data():
    result = await mcp_tools.main(replies(code("final_answer(f\"{high_tide('Saint-Malo')['metres'] / 0.3048:.1f}\")")))
    assert str(result.answer) == "15.1"


async def test_pictures_go_to_the_code_and_back():
    model = replies(
        code("flag = draw_flag(['green', 'white', 'red'])\nprint(shares_of_colours(flag))"),
        code("final_answer(flag.rotate(90, expand=True))"),
    )
    result = await pictures.main(model)
    assert result.answer is not None
    assert result.answer.value.size == (120, 180)
    assert model.sent[1].count("0.333333") == 3


async def test_objects_go_in_and_an_object_comes_back():
    model = replies(
        code("left = sales.groupby('shop')['euros'].sum().to_frame()\nprint(left)"),
        code("left['left'] = left['euros'] - [{shop.name: shop.rent for shop in shops}[name] for name in left.index]"),
        code("final_answer(left)"),
    )
    table = await values.main(model)
    assert table["left"].to_dict() == {"Ghent": 1550, "Lyon": 1900}
    assert "sales" in model.sent[0]
    assert "shops" in model.sent[0]


async def test_files_go_in_and_out():
    text = await files.main(
        replies(
            code(
                "import pandas as pd\nsales = pd.read_csv('sales.csv')\n"
                "sales.groupby('shop')['euros'].sum().to_csv('total.csv')"
            ),
            "Done.",
        )
    )
    assert text.splitlines() == ["shop,euros", "Ghent,2000", "Lyon,2700"]


async def test_a_model_that_sees_drives_a_browser(monkeypatch: pytest.MonkeyPatch, web: WebServer):
    if program := installed_browser():
        monkeypatch.setenv("CHROMIUM", program)
    web.serve("/", "<title>Ferries</title><a href='/times'>Times</a>", content_type="text/html")
    web.serve("/times", "<title>Times</title><p>The last ferry leaves at 21:40.", content_type="text/html")
    address = f"http://127.0.0.1:{web.server_address[1]}/"
    model = replies(
        code(f"print(open_page({address!r}))"),
        code("click('Prices')"),
        code("print(click('Times'))"),
        "The last one leaves at 21:40.",
    )
    result = await browser.main(model, f"When does the last ferry of {address} leave?")
    assert str(result.answer) == "The last one leaves at 21:40."
    assert [text.count("data:image/png") for text in model.sent] == [0, 1, 1, 1]
    assert "Ferries" in model.sent[1]
    assert "There are 0 links and buttons" in model.sent[2]
    assert f"{address}times" in model.sent[3]


@pytest.fixture
def web() -> Iterator[WebServer]:
    """A web server on loopback."""
    server = WebServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.closing.set()
    server.shutdown()
    server.server_close()
    thread.join()
