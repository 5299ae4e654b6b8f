"""Interactive charts, sound and whatever else code displays with scripts: it shows, and reaches nothing."""

import base64
import re
import socket
from pathlib import Path

import pytest
from playwright.sync_api import FrameLocator, expect

from tests.browser.visitor import DESK, PHONE, Visitor, code, keep_screenshot
from tests.doubles.web_server import WebServer

HOSTILE = Path(__file__).with_name("hostile_frame.html").read_text(encoding="utf-8")
CHARTS = {
    "plotly": (
        "import plotly.express as px\nfig = px.bar(x=['Jan', 'Feb'], y=[3, 7], title='Sales')\nfig.show()",
        "#chart svg .bars .point >> nth=1",
    ),
    "altair": (
        "import altair as alt\nrows = [{'a': n, 'b': n * n} for n in range(9)]\n"
        "alt.Chart(alt.Data(values=rows)).mark_point().encode(x='a:Q', y='b:Q').interactive()",
        ".vega-embed .marks >> nth=0",
    ),
    "bokeh": (
        "from bokeh.plotting import figure, show\nplot = figure(title='Lines', height=300)\n"
        "plot.line([1, 2, 3], [3, 1, 2])\nshow(plot)",
        ".bk-Figure canvas >> nth=0",
    ),
    "folium": (
        "import folium\nfrom folium.plugins import HeatMap, MarkerCluster\nmap = folium.Map([48.1, 11.6])\n"
        "folium.Marker([48.1, 11.6], popup='Here', icon=folium.Icon(color='red')).add_to(map)\n"
        "cluster = MarkerCluster().add_to(map)\nfor n in range(9):\n    folium.Marker([48.15, 11.65]).add_to(cluster)\n"
        "HeatMap([[48.05, 11.55]]).add_to(map)\nmap",
        ".leaflet-marker-icon svg >> nth=0",
    ),
    "animation": (
        "import matplotlib.pyplot as plt\nfrom IPython.display import HTML\n"
        "from matplotlib.animation import FuncAnimation\nfigure, axes = plt.subplots(figsize=(3, 2))\n"
        "[line] = axes.plot([1, 2])\nfilm = FuncAnimation(figure, lambda n: [line.set_ydata([n, 2])], frames=3)\n"
        "plt.close()\nHTML(film.to_jshtml())",
        ".film img[src^='data:image/png']",
    ),
    "sound": (
        "from IPython.display import Audio\nAudio([n % 50 / 50 for n in range(4_000)], rate=8_000)",
        "audio[src^='data:audio/wav']",
    ),
}


def frame_of(visitor: Visitor) -> FrameLocator:
    return visitor.page.frame_locator("#history iframe").last


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_shows_and_is_there_after_a_reload(revisit, serve, name: str):
    source, drawn = CHARTS[name]
    visitor = revisit(**DESK)
    visitor.connect(serve([code(source), "There it is."]))
    assert visitor.get_answer("Show me") == "There it is."
    expect(frame_of(visitor).locator(drawn)).to_be_visible()
    frame, document = visitor.page.locator("#history iframe"), frame_of(visitor).locator("html")
    expect(frame).to_have_css("height", f"{document.evaluate('e => Math.ceil(e.getBoundingClientRect().height)')}px")
    keep_screenshot(visitor, f"frame-{name}")
    visitor.reload()
    expect(frame_of(visitor).locator(drawn)).to_be_visible()


def test_a_chart_answers_to_the_pointer(revisit, serve):
    visitor = revisit(**DESK)
    visitor.connect(serve([code(CHARTS["plotly"][0]), "There it is."]))
    visitor.get_answer("Show me")
    expect(frame_of(visitor).locator(CHARTS["plotly"][1])).to_be_visible()
    visitor.wait_until_still()  # a chart that moves away from under the pointer does not know of it
    frame_of(visitor).locator(CHARTS["plotly"][1]).hover(force=True)
    expect(frame_of(visitor).locator(".hoverlayer")).to_contain_text("Feb")


def test_a_map_says_what_it_lacks(revisit, serve):
    visitor = revisit(**DESK)
    visitor.connect(serve([code(CHARTS["folium"][0]), "There it is."]))
    visitor.get_answer("Show me")
    expect(frame_of(visitor).get_by_text("so a part of this is missing")).to_be_visible()
    expect(frame_of(visitor).locator(".marker-cluster")).to_have_text("9")
    visitor.wait_until_still()
    frame_of(visitor).locator(".leaflet-marker-icon svg").click()
    expect(frame_of(visitor).locator(".leaflet-popup")).to_have_text(re.compile("Here"))


def test_an_animation_plays_and_stops(visit, serve):
    visitor = visit(**DESK | {"reduced_motion": "no-preference"})
    visitor.connect(serve([code(CHARTS["animation"][0]), "There it is."]))
    visitor.get_answer("Show me")
    frame, slider = frame_of(visitor), frame_of(visitor).get_by_label("Frame")
    for place in ("1", "2", "0"):
        expect(slider).to_have_value(place)
    frame.get_by_role("button", name="Pause").click()
    before = slider.input_value()
    visitor.page.wait_for_timeout(700)
    assert slider.input_value() == before
    expect(frame.get_by_role("button", name="Play")).to_be_visible()


def test_a_chart_can_be_kept(revisit, serve):
    visitor = revisit(**DESK)
    visitor.connect(serve([code(CHARTS["plotly"][0]), "There it is."]))
    visitor.get_answer("Show me")
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("link", name="Download as HTML").click()
    assert download.value.suggested_filename == "chart-1.html"
    assert 'src="https://cdn.plot.ly/' in Path(download.value.path()).read_text()


def test_a_chart_takes_the_colours_of_the_page_and_the_width_of_a_phone(visit, serve):
    said = "from IPython.display import HTML\nHTML('<p style=\"font-size: 2rem\">Large</p>')"
    visitor = visit(**DESK, color_scheme="dark")
    visitor.connect(serve([code(said), "There it is."]))
    visitor.get_answer("Show me")
    visitor.page.set_viewport_size(PHONE["viewport"])
    text = frame_of(visitor).get_by_text("Large")
    expect(text).to_have_css("color", "rgb(255, 255, 255)")
    assert not visitor.scrolls_sideways()
    keep_screenshot(visitor, "frame-phone-dark")


def test_nothing_of_a_document_runs_or_reaches_a_server(revisit, serve):
    """It was written by a model, or by what the model has read."""
    with WebServer() as elsewhere, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peers:
        peers.bind(("127.0.0.1", 0))
        peers.setblocking(False)
        html = _base64(_hostile_to(elsewhere, peers))
        shown = f"import base64\nfrom IPython.display import HTML\nHTML(base64.b64decode({html!r}).decode())"
        visitor = revisit(**DESK)
        visitor.connect(serve([code(shown), "Done."]))
        assert visitor.get_answer("Show me") == "Done."
        expect(frame_of(visitor).locator("#said")).to_have_text("Not run")
        visitor.page.wait_for_timeout(3_000)  # it would leave by itself, too
        expect(frame_of(visitor).locator("#said")).to_have_text("Not run")
        with pytest.raises(BlockingIOError):
            peers.recv(100)
        _nothing_came(visitor, elsewhere)


HOSTILE_CHARTS = {
    "plotly": (
        "import plotly.graph_objects as go\n"
        "words = '<img src=ELSEWHERE/text onerror=alert(1)>'\n"
        "fig = go.Figure(go.Scatter(x=[1], y=[1], text=words, mode='text'))\n"
        "title = '<a href=\"javascript:fetch(`ELSEWHERE/link`)\">a</a><script src=ELSEWHERE/s></script>'\n"
        "fig.update_layout(title=title, images=[dict(source='ELSEWHERE/image', x=0, y=1, sizex=1, sizey=1)])\nfig"
    ),
    "altair": (
        "import altair as alt\n"
        "marks = alt.Chart('ELSEWHERE/data.json').mark_image(url='ELSEWHERE/mark.png').encode(x='a:Q')\n"
        "marks.transform_calculate(b=\"[].constructor.constructor('fetch(`ELSEWHERE/expression`)')()\")"
    ),
    "bokeh": (
        "from bokeh.layouts import column\nfrom bokeh.models import CustomJS, Div\nfrom bokeh.plotting import figure\n"
        "div = Div(text='<img src=ELSEWHERE/div onerror=fetch(`ELSEWHERE/onerror`)>"
        "<link rel=stylesheet href=ELSEWHERE/l><iframe src=ELSEWHERE/frame></iframe>')\n"
        "plot = figure()\nplot.line([1], [1])\n"
        "plot.js_on_change('inner_width', CustomJS(code='fetch(`ELSEWHERE/custom`)'))\n"
        "plot.image_url(url=['ELSEWHERE/image'], x=1, y=1)\ncolumn(div, plot)"
    ),
    "folium": (
        "import folium\nmap = folium.Map([48, 11])\n"
        "pop = folium.Popup('<img src=ELSEWHERE/popup onerror=fetch(`ELSEWHERE/onerror`)>', show=True)\n"
        "icon = folium.DivIcon(html='<link rel=stylesheet href=ELSEWHERE/icon><iframe src=ELSEWHERE/frame></iframe>')\n"
        "folium.Marker([48, 11], popup=pop, icon=icon).add_to(map)\nmap"
    ),
}


@pytest.mark.parametrize("name", HOSTILE_CHARTS)
def test_nothing_of_a_chart_runs_or_reaches_a_server(revisit, serve, name: str):
    with WebServer() as elsewhere:
        source = HOSTILE_CHARTS[name].replace("ELSEWHERE", f"http://127.0.0.1:{elsewhere.server_port}")
        visitor = revisit(**DESK)
        visitor.connect(serve([code(source), "Done."]))
        assert visitor.get_answer("Show me") == "Done."
        frame = frame_of(visitor)
        expect(frame.locator("#chart, #bokeh")).to_be_visible()
        if name == "folium":
            frame.locator(".leaflet-marker-icon").click(force=True)
        visitor.page.wait_for_timeout(2_000)
        assert frame.locator("iframe").count() == 0
        _nothing_came(visitor, elsewhere)


def _nothing_came(visitor: Visitor, elsewhere: WebServer) -> None:
    assert elsewhere.requests == []
    assert len(visitor.context.pages) == 1 and visitor.page.url.startswith("http://127.0.0.1")
    visitor.errors.clear()  # of what was refused


def test_without_policies_the_same_reaches_servers(browser):
    """Otherwise the test above would show nothing."""
    with WebServer() as elsewhere, WebServer() as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peers:
        peers.bind(("127.0.0.1", 0))
        peers.settimeout(20)
        html = _hostile_to(elsewhere, peers)
        server.serve("/", html, content_type="text/html")
        with browser.new_context() as context:
            page = context.new_page()
            page.goto(f"http://127.0.0.1:{server.server_port}/")
            assert peers.recv(100)
            page.wait_for_timeout(1_000)
            assert len({path for _, path in elsewhere.requests}) > 15


def _hostile_to(elsewhere: WebServer, peers: socket.socket) -> str:
    html = HOSTILE.replace("ELSEWHERE", f"http://127.0.0.1:{elsewhere.server_port}")
    return html.replace("UDP", f"127.0.0.1:{peers.getsockname()[1]}")


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
