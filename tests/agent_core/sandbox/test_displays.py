"""Figures, tables, images and whatever else can be shown."""

import base64
import io
import json
import re

import pandas
import pytest
from PIL import Image

from agent_core.events import Displayed
from agent_core.execution import VALUE, Display
from agent_core.memory.observation import observe
from agent_core.sandbox import Sandbox
from tests.agent_core.sandbox.support import collect, value


def picture(display: Display) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(display.data["image/png"])))


@pytest.fixture
def box(shared_box: Sandbox) -> Sandbox:
    return shared_box


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
    assert display.data["text/html"].endswith("<p>First 100 of 1,500 rows shown.</p>")
    assert done.value == display.data["text/plain"]
    series = await box.run("final_answer(table['n'].head(3))")
    assert series.answer is not None
    assert "<th>n</th>" in series.answer.data["text/html"]
    assert "rows shown" not in series.answer.data["text/html"]


@pytest.mark.parametrize(
    ("made", "csv"),
    [
        ("pd.DataFrame({'n': [1, 2], 's': ['a,b', None]})", 'n,s\n1,"a,b"\n2,\n'),
        ("pd.DataFrame({'n': [1, 2, 3, 4]}).query('n != 2')", ",n\n0,1\n2,3\n3,4\n"),
        ("pd.DataFrame({'n': [1, 2, 3]}).query('n > 5')", None),
        ("pd.Series([1, 2], ['x', 'y'], name='n')", ",n\nx,1\ny,2\n"),
        ("pd.DataFrame({'n': [1]}).style", "n\n1\n"),
        ("pd.DataFrame({'g': ['x'], 'n': [7]}).groupby('g').sum()", "g,n\nx,7\n"),
        ("pl.DataFrame({'n': [1, None], 's': ['<b>', 'y']})", "n,s\n1,<b>\n,y\n"),
        ("pl.Series('n', [1.5])", "n\n1.5\n"),
    ],
)
async def test_a_table_can_be_downloaded(box: Sandbox, made: str, csv: str | None):
    for code in (f"display({made})", f"final_answer({made})"):
        done = await box.run(f"import pandas as pd\nimport polars as pl\n{code}")
        display = done.answer or done.displays[0]
        assert (done.error, display.data.get("text/csv"), display.kind) == (None, csv, "table")
        assert "text/csv" not in observe(done) and (csv is None or csv not in observe(done))


async def test_of_a_large_table_as_many_rows_can_be_downloaded_as_fit(box: Sandbox):
    code = "import pandas as pd\npd.DataFrame({'text': ['line\\n' * 100] * 5_000, 'n': range(5_000)})"
    (display,) = (await box.run(code)).displays
    frame = pandas.read_csv(io.StringIO(display.data["text/csv"]))
    assert 1_000 < len(frame) < 5_000 and list(frame["n"]) == [*range(len(frame))]
    assert (
        f"First 100 of 5,000 rows shown. The download has the first {len(frame):,} rows." in display.data["text/html"]
    )


async def test_a_table_of_polars_looks_like_one_of_pandas(box: Sandbox):
    code = "import polars as pl\npl.DataFrame({'n': [*range(150)], 's': ['<b>'] * 150})"
    html = (await box.run(code)).displays[0].data["text/html"]
    assert "<style" not in html and "<td>&lt;b&gt;</td>" in html and "<th>s</th>" in html
    assert html.count("<tr") == 101 and "First 100 of 150 rows shown." in html


async def test_a_steps_tables_have_a_limit_together(box: Sandbox):
    code = "import pandas as pd\nframe = pd.DataFrame({'a': ['x' * 1_000] * 2_000})\n"
    done = await box.run(f"{code}for n in range(12):\n    display(frame)")
    assert sum("text/csv" in display.data for display in done.displays) == 8
    assert all("text/html" in display.data for display in done.displays) and len(done.displays) == 12


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
        (f"{_PLOTLY}figure", "<plotly figure: 'Rise': scatter>", "vnd.plotly.v1+json"),
        (f"{_PLOTLY}figure.show()", "<plotly figure: 'Rise': scatter>", "vnd.plotly.v1+json"),
        (f"{_PLOTLY}import plotly.offline\nplotly.offline.iplot(figure)", "<plotly figure", "vnd.plotly.v1+json"),
        (f"{_ALTAIR}chart", "<altair Chart: point: x=a>", "vnd.vegalite.v6+json"),
        (f"{_ALTAIR}chart.show()", "<altair Chart: point: x=a>", "vnd.vegalite.v6+json"),
        (f"{_ALTAIR}chart.display()", "<altair Chart: point: x=a>", "vnd.vegalite.v6+json"),
        (f"{_ALTAIR}chart | chart", "<altair HConcatChart>", "vnd.vegalite.v6+json"),
        (f"{_FOLIUM}map", "<folium Map: TileLayer, Marker: its map is on the web", "vnd.glassbox.map+json"),
        (
            f"{_FOLIUM}map.show_in_browser()",
            "<folium Map: TileLayer, Marker: its map is on the web",
            "vnd.glassbox.map+json",
        ),
        (f"{_BOKEH}plot", "<bokeh figure: 'Rise': Line>", "vnd.bokeh.item+json"),
        (f"{_BOKEH}show(plot)", "<bokeh figure: 'Rise': Line>", "vnd.bokeh.item+json"),
        (f"{_HTML}HTML('<b>Total: 7</b><script>draw()</script>')", "Total: 7", "draw()"),
        (f"{_HTML}HTML('<p style=\"color: red\">Red</p>')", '<p style="color: red">Red</p>', "red"),
        (f"{_HTML}from IPython.display import Audio\nAudio([0, 1] * 50, rate=100)", "<Audio>", "<audio controls"),
    ],
)
async def test_what_needs_scripts_or_styles_is_interactive(box: Sandbox, code: str, text: str, part: str):
    done = await box.run(code)
    assert done.error is None
    [display] = done.displays
    assert display.kind == "interactive"
    assert part in f"{display.chart_type} {display.data['text/html']}"
    assert str(display).startswith(text) and len(str(display)) < 200


@pytest.mark.parametrize(
    ("made", "on_the_web"),
    [
        ("px.choropleth(locations=['FRA'], color=[1])", True),
        ("px.scatter_geo(lat=[1], lon=[2])", True),
        ("px.scatter_map(lat=[1], lon=[2])", True),
        ("px.treemap(names=['a'], parents=[''])", False),
        ("px.imshow([[1, 2]])", False),
    ],
)
async def test_the_model_is_told_which_charts_need_the_web(box: Sandbox, made: str, on_the_web: bool):
    done = await box.run(f"import plotly.express as px\ndisplay({made})")
    assert ("is on the web" in str(done.displays[0])) is on_the_web


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


async def test_a_map_is_drawn_from_data(box: Sandbox):
    code = (
        "import folium\nfrom folium.plugins import HeatMap, MarkerCluster\nmap = folium.Map([48, 11], zoom_start=9)\n"
        "folium.Marker([48, 11], popup='<b>Here</b>', icon=folium.Icon(color='red')).add_to(map)\n"
        "folium.Circle([48, 11], radius=200, color='green', tooltip='near').add_to(map)\n"
        "shape = {'type': 'Point', 'coordinates': [11, 48]}\n"
        "area = {'type': 'Feature', 'properties': {'n': 7}, 'geometry': shape}\n"
        "areas = {'type': 'FeatureCollection', 'features': [area]}\n"
        "tip = folium.GeoJsonTooltip(['n'], ['number'])\n"
        "folium.GeoJson(areas, name='areas', style_function=lambda _: {'color': 'red'}, tooltip=tip).add_to(map)\n"
        "cluster = MarkerCluster(name='many').add_to(map)\nfolium.Marker([48.1, 11]).add_to(cluster)\n"
        "HeatMap([[48, 11, 0.5]]).add_to(map)\nfolium.LayerControl().add_to(map)\nmap"
    )
    [display] = (await box.run(code)).displays
    data = json.loads(display.data["application/vnd.glassbox.map+json"])
    assert (data["center"], data["zoom"], data["control"]) == ([48, 11], 9, True)
    pin, circle, shapes, cluster, heat = data["layers"]
    assert (pin["kind"], pin["at"], pin["colour"]) == ("marker", [48, 11], "#d63e2a") and "<b>Here</b>" in pin["popup"]
    assert (circle["kind"], circle["style"]["radius"], circle["style"]["color"]) == ("circle", 200, "green")
    assert circle["tooltip"] == "near"
    assert (shapes["name"], shapes["shapes"][0]["style"]) == ("areas", {"color": "red"})
    assert shapes["shapes"][0]["tooltip"] == "<table><tr><th>number</th><td>7</td></tr></table>"
    assert (cluster["kind"], cluster["name"], cluster["layers"][0]["at"]) == ("cluster", "many", [48.1, 11])
    assert (heat["kind"], heat["points"]) == ("heat", [[48, 11, 0.5]])


async def test_an_animation_is_drawn_from_its_frames(box: Sandbox):
    code = (
        "import matplotlib.pyplot as plt\nfrom IPython.display import HTML\n"
        "from matplotlib.animation import FuncAnimation\nfigure, axes = plt.subplots(figsize=(1, 1))\n"
        "film = FuncAnimation(figure, lambda n: [], frames=3, interval=80)\nplt.close()\nHTML(film.to_jshtml())"
    )
    [display] = (await box.run(code)).displays
    film = json.loads(display.data["application/vnd.glassbox.film+json"])
    assert film["interval"] == 80 and len(film["frames"]) == 3
    head, _, content = film["frames"][0].partition(",")
    assert head == "data:image/png;base64" and base64.b64decode(content).startswith(b"\x89PNG")


async def test_a_film_is_kept_once(box: Sandbox):
    done = await box.run(f"{_HTML}from IPython.display import Video\nVideo(b'0' * 3_000_000, mimetype='video/mp4')")
    [display] = done.displays
    assert display.kind == "interactive" and len("".join(display.data.values())) < 5_000_000


async def test_a_text_beside_a_script_is_shown(box: Sandbox):
    done = await box.run("from IPython.display import HTML\nHTML('<b>Total: 7</b><script>draw()</script>')")
    assert "Total: 7" in done.displays[0].data["text/html"]


@pytest.mark.parametrize(
    ("made", "text", "latex"),
    [
        ("x**2 / 3", "x**2/3", r"\frac{x^{2}}{3}"),
        ("sp.Matrix([[1, x]])", "Matrix([[1, x]])", r"\left[\begin{matrix}1 & x\end{matrix}\right]"),
        ("sp.solve(x**2 - 4, x)", "[-2, 2]", r"\left[ -2, \  2\right]"),
        ("{x: 1}", "{x: 1}", r"\left\{ x : 1\right\}"),
        ("[{x: 1}, (x, 2)]", "[{x: 1}, (x, 2)]", r"\left[ \left\{ x : 1\right\}, \  \left( x, \  2\right)\right]"),
    ],
)
async def test_expressions_of_sympy_are_formulas_and_are_told_as_text(box: Sandbox, made: str, text: str, latex: str):
    done = await box.run(f"import sympy as sp\nx = sp.Symbol('x')\n{made}")
    (display,) = done.displays
    assert (done.value, display.kind) == (text, "formula")
    assert display.data == {"text/plain": text, "text/latex": f"$\\displaystyle {latex}$"}
    assert observe(done).startswith(f"Value: {text}\nShown to the user: 1 formula.")
    answer = (await box.run(f"final_answer({made})")).answer
    assert answer is not None and {**answer.data, VALUE: ""} == {**display.data, VALUE: ""}


async def test_what_is_no_expression_or_a_very_long_one_is_text(box: Sandbox):
    code = "import sympy as sp\nx = sp.Symbol('x')\n"
    for made in ("[1, 2]", "[x, 'text']", "[]", "sp", "[x] * 101", "sp.expand((x + 1) ** 300)"):
        done = await box.run(f"{code}display({made})")
        assert done.error is None and done.displays[0].data.keys() == {"text/plain"}, made


@pytest.mark.parametrize(
    ("made", "told", "markdown"),
    [
        ("Markdown('# a')", "# a", "# a"),
        ("Markdown('![d](data:image/png;base64,AAAA)')", "![d](data:…)", "![d](data:image/png;base64,AAAA)"),
        ("JSON({'a': [1]})", '{\n  "a": [\n    1\n  ]\n}', '```json\n{\n  "a": [\n    1\n  ]\n}\n```'),
        ("Code('x = 1')", "x = 1", "```python\nx = 1\n```"),
        ("Code('a ``` b', language='c++')", "a ``` b", "````c++\na ``` b\n````"),
        ("Code(filename='query.sql')", "select 1", "```sql\nselect 1\n```"),
    ],
)
async def test_displays_of_ipython_are_markdown(box: Sandbox, made: str, told: str, markdown: str):
    code = "from IPython.display import JSON, Code, Markdown\nopen('query.sql', 'w').write('select 1')\n"
    for shown in (f"display({made})", f"final_answer({made})"):
        done = await box.run(code + shown)
        display = done.answer or done.displays[0]
        expected = {"text/plain": told, "text/markdown": markdown}
        assert (done.error, {**display.data, VALUE: ""}) == (None, {**expected, VALUE: ""})


async def test_bundles_without_a_text_say_what_they_are(box: Sandbox):
    bundles = "display({'application/json': {'a': 1}}, raw=True)\ndisplay({'text/latex': '$x$'}, raw=True)"
    first, second = (await box.run(f"from IPython.display import display\n{bundles}")).displays
    assert first.data["text/markdown"] == '```json\n{\n  "a": 1\n}\n```' and str(first)
    assert second.data == {"text/plain": "$x$", "text/latex": "$x$"}


async def test_a_drawing_of_ipython_shows(box: Sandbox):
    svg = "<svg xmlns='http://www.w3.org/2000/svg'/>"
    for given in (repr(svg), repr(svg.encode())):
        (display,) = (await box.run(f"from IPython.display import SVG\nSVG({given})")).displays
        assert display.data == {"text/plain": "<SVG>", "image/svg+xml": svg}
