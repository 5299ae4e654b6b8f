"""Figures, tables, images and whatever else can be shown."""

import base64
import io
import re

import pytest
from PIL import Image

from agent_core.events import Displayed
from agent_core.execution import Display
from agent_core.sandbox import Sandbox
from tests.agent_core.sandbox.support import collect, value


def picture(display: Display) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(display.data["image/png"])))


async def test_open_figures_are_shown_and_closed(box: Sandbox):
    code = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.figure()\nplt.bar(['a'], [1])\nprint('drawn')"
    done = await box.run(code)
    assert (done.error, done.stdout) == (None, "drawn\n")
    assert [picture(display).format for display in done.displays] == ["PNG", "PNG"]
    assert done.displays[0].data["text/plain"] == "<Figure size 640x480 with 1 Axes>"
    assert await value(box, "plt.get_fignums()") == "[]"


async def test_show_shows_at_once_and_once(box: Sandbox):
    code = "import matplotlib\nmatplotlib.use('Agg')\nimport matplotlib.pyplot as plt\n"
    *events, done = await collect(box, code + "plt.plot([1])\nplt.show()\nprint('after')")
    assert [type(event).__name__ for event in events] == ["Displayed", "OutputDelta"]
    assert len(done.displays) == 1
    done = await box.run("figure = plt.figure()\nfigure.show()\ndisplay(figure)\nfigure")
    assert done.stdout == ""  # no warning
    assert len(done.displays) == 3  # each time it was asked for, and not once more at the end


async def test_a_figure_as_the_answer_is_not_shown_twice(box: Sandbox):
    code = "import matplotlib.pyplot as plt\nfigure, axes = plt.subplots()\nfinal_answer({})"
    for given in ("figure", "axes"):
        done = await box.run(code.format(given))
        assert done.answer is not None
        assert picture(done.answer).format == "PNG"
        assert done.displays == ()


async def test_a_figure_as_the_value_is_shown_once(box: Sandbox):
    done = await box.run("import matplotlib.pyplot as plt\nplt.figure()")
    assert (len(done.displays), done.value) == (1, "<Figure size 640x480 with 0 Axes>")


async def test_a_figure_that_cannot_be_drawn_is_an_error(box: Sandbox):
    done = await box.run("import matplotlib.pyplot as plt\nplt.title('$\\\\nonsense$')\nprint('x')")
    assert done.error is not None
    assert "ParseSyntaxException" in done.error.message or "ValueError" in done.error.message
    assert (await box.run("1")).displays == ()


async def test_an_answer_in_words_is_markdown(box: Sandbox):
    done = await box.run("final_answer('**27**')")
    assert done.answer == Display({"text/plain": "**27**", "text/markdown": "**27**"})


async def test_tables(box: Sandbox):
    done = await box.run("import pandas as pd\ntable = pd.DataFrame({'n': range(1500)})\ntable")
    (display,) = done.displays
    assert display.data["text/html"].startswith("<table")
    assert len(re.findall("<tr", display.data["text/html"])) == 101
    assert "1,400 more rows" in display.data["text/html"]
    assert done.value == display.data["text/plain"]
    series = await box.run("final_answer(table['n'].head(3))")
    assert series.answer is not None
    assert "<th>n</th>" in series.answer.data["text/html"]
    assert "more rows" not in series.answer.data["text/html"]


async def test_images_of_every_mode(box: Sandbox):
    await box.run("from PIL import Image")
    for mode in ("RGB", "CMYK", "F", "1"):
        done = await box.run(f"Image.new('{mode}', (30, 20))")
        assert picture(done.displays[0]).size == (30, 20)


async def test_showing_an_image_starts_no_viewer(box: Sandbox):
    done = await box.run("from PIL import Image\nImage.new('RGB', (30, 20)).show()")
    assert (done.stdout, done.error, len(done.displays)) == ("", None, 1)
    assert picture(done.displays[0]).size == (30, 20)


async def test_objects_that_know_how_to_show_themselves(box: Sandbox):
    png = io.BytesIO()
    Image.new("1", (1, 1)).save(png, "PNG")
    code = (
        f"PNG = {png.getvalue()!r}"
        + """
class Rich:
    def _repr_html_(self): return '<b>x</b>'
    def _repr_markdown_(self): return '**x**'
    def _repr_png_(self): return PNG
    def _repr_svg_(self): raise ValueError
class Several:
    def _repr_mimebundle_(self, include=None, exclude=None): return {'text/latex': '$x$', 'text/plain': 'X', 'n': 3}
display(Rich())
display(Several())
display(Rich)
"""
    )
    first, second, third = (await box.run(code)).displays
    assert first.data.keys() == {"text/plain", "text/html", "text/markdown", "image/png"}
    assert first.data["image/png"] == base64.b64encode(png.getvalue()).decode()
    assert second.data == {"text/plain": "X", "text/latex": "$x$"}
    assert third.data.keys() == {"text/plain"}


async def test_what_is_too_large_is_shown_as_its_text(box: Sandbox):
    code = (
        "class Huge:\n    def _repr_html_(self): return 'x' * 9_000_000\n    def __repr__(self): return 'huge'\nHuge()"
    )
    shown = "huge\n(Too large to be shown: 8.6 MB.)"
    assert (await box.run(code)).value == shown
    assert (await box.run("display(Huge())")).displays == (Display({"text/plain": shown}),)


async def test_there_is_an_end_to_displays(box: Sandbox):
    *events, done = await collect(box, "for n in range(500):\n    display(n)")
    assert len(done.displays) == 51
    assert "the first 50" in str(done.displays[-1])
    assert len([event for event in events if isinstance(event, Displayed)]) == 51


async def test_a_named_index_is_named_in_the_header_row(box):
    done = await box.run("import pandas as pd\npd.DataFrame({'year': [5, 10], 'x': [1, 2]}).set_index('year')")
    html = done.displays[0].data["text/html"]
    assert html.count("<tr") == 3
    assert "year" in html.partition("</tr>")[0]


_PLOTLY = "import plotly.express as px\nfigure = px.line(x=[1, 2], y=[3, 4], title='Rise')\n"
_ALTAIR = "import altair\nchart = altair.Chart(altair.Data(values=[{'a': 1}])).mark_point().encode(x='a:Q')\n"
_FOLIUM = "import folium\nmap = folium.Map([48, 11])\nfolium.Marker([48, 11]).add_to(map)\n"
_BOKEH = "from bokeh.plotting import figure, show\nplot = figure(title='Rise')\nplot.line([1, 2], [3, 4])\n"
_HTML = "from IPython.display import HTML\n"


@pytest.mark.parametrize(
    ("code", "text", "part"),
    [
        (f"{_PLOTLY}figure", "<plotly figure: 'Rise': scatter>", "Plotly.newPlot"),
        (f"{_PLOTLY}figure.show()", "<plotly figure: 'Rise': scatter>", "Plotly.newPlot"),
        (f"{_PLOTLY}import plotly.offline\nplotly.offline.iplot(figure)", "<plotly figure", "Plotly.newPlot"),
        (f"{_ALTAIR}chart", "<altair Chart: point: x=a>", "vegaEmbed"),
        (f"{_ALTAIR}chart.show()", "<altair Chart: point: x=a>", "vegaEmbed"),
        (f"{_ALTAIR}chart.display()", "<altair Chart: point: x=a>", "vegaEmbed"),
        (f"{_ALTAIR}chart | chart", "<altair HConcatChart>", "vegaEmbed"),
        (f"{_FOLIUM}map", "<folium Map: TileLayer, Marker>", "L.map("),
        (f"{_FOLIUM}map.show_in_browser()", "<folium Map: TileLayer, Marker>", "L.map("),
        (f"{_BOKEH}plot", "<bokeh figure: 'Rise': Line>", "Bokeh"),
        (f"{_BOKEH}show(plot)", "<bokeh figure: 'Rise': Line>", "Bokeh"),
        (f"{_HTML}HTML('<b>Total: 7</b><script>draw()</script>')", "Total: 7", "draw()"),
        (f"{_HTML}HTML('<p style=\"color: red\">Red</p>')", '<p style="color: red">Red</p>', "red"),
        (f"{_HTML}from IPython.display import Audio\nAudio([0, 1] * 50, rate=100)", "<Audio>", "<audio controls"),
    ],
)
async def test_what_needs_scripts_or_styles_is_interactive(box: Sandbox, code: str, text: str, part: str):
    done = await box.run(code)
    assert done.error is None
    [display] = done.displays
    assert display.kind == "interactive" and part in display.data["text/html"]
    assert str(display).startswith(text) and len(str(display)) < 200


async def test_an_interactive_chart_can_be_the_answer(box: Sandbox):
    done = await box.run(f"{_PLOTLY}final_answer(figure)")
    assert done.answer is not None and done.answer.kind == "interactive" and done.displays == ()


async def test_a_chart_of_many_rows_is_shown(box: Sandbox):
    """By itself, altair refuses more than 5,000."""
    rows = "import altair, pandas\naltair.Chart(pandas.DataFrame({'a': range(6_000)})).mark_bar().encode(x='a')"
    [display] = (await box.run(rows)).displays
    assert display.kind == "interactive"


async def test_a_chart_that_cannot_be_drawn_is_an_error(box: Sandbox):
    done = await box.run("import altair, pandas\naltair.Chart(pandas.DataFrame({'a': [1]})).mark_bar().encode(x='b')")
    assert done.error is not None and "b" in done.error.message


@pytest.mark.parametrize("code", ["import pandas as pd\npd.DataFrame({'a': [1]})", f"{_HTML}HTML('<b>Bold</b>')"])
async def test_what_needs_neither_is_not(box: Sandbox, code: str):
    [display] = (await box.run(code)).displays
    assert display.kind == "table"


async def test_a_film_is_kept_once(box: Sandbox):
    done = await box.run(f"{_HTML}from IPython.display import Video\nVideo(b'0' * 3_000_000, mimetype='video/mp4')")
    [display] = done.displays
    assert display.kind == "interactive" and len("".join(display.data.values())) < 5_000_000
