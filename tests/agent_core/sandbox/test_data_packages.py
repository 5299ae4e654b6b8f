"""The packages for data are there, allowed unasked, and work in the sandbox, after a step was taken back as well."""

import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from agent_core.sandbox import Policy, Sandbox
from agent_core.sandbox.guest.errors.advice import ALTERNATIVES
from agent_core.sandbox.guest.libraries.data_packages import DATA_MODULES
from tests.agent_core.sandbox.support import failure, value

ROOT = Path(__file__).parents[3]
FONTS = {"manimgx-fonts", "noto-cjk-sans-otc"}
FRAME = "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2, 3], 'b': ['x', 'y', 'z']})\n"
SNIPPETS = {
    "xlsx": (FRAME + "df.to_excel('a.xlsx', index=False)\npd.read_excel('a.xlsx').equals(df)", "True"),
    "xlsxwriter": (
        FRAME + "with pd.ExcelWriter('a.xlsx', engine='xlsxwriter') as file: df.to_excel(file, sheet_name='S')\n"
        "import openpyxl\nopenpyxl.load_workbook('a.xlsx').sheetnames",
        "['S']",
    ),
    "xlrd": ("import xlrd\nxlrd.__version__ > '2'", "True"),
    "ods": (FRAME + "df.to_excel('a.ods', index=False)\npd.read_excel('a.ods').equals(df)", "True"),
    "parquet": (FRAME + "df.to_parquet('a.parquet')\npd.read_parquet('a.parquet').equals(df)", "True"),
    "feather": (FRAME + "df.to_feather('a.feather')\npd.read_feather('a.feather').equals(df)", "True"),
    "docx": (
        "import docx\nfile = docx.Document()\nfile.add_paragraph('hello')\nfile.save('a.docx')\n"
        "docx.Document('a.docx').paragraphs[0].text",
        "hello",
    ),
    "pptx": (
        "import pptx\nfile = pptx.Presentation()\nfile.slides.add_slide(file.slide_layouts[0])\nfile.save('a.pptx')\n"
        "len(pptx.Presentation('a.pptx').slides)",
        "1",
    ),
    "reportlab, pdfplumber, pypdf": (
        "from reportlab.pdfgen import canvas\nfile = canvas.Canvas('a.pdf')\nfile.drawString(9, 9, 'hello')\n"
        "file.save()\nimport pdfplumber, pypdf\n"
        "pdfplumber.open('a.pdf').pages[0].extract_text(), pypdf.PdfReader('a.pdf').pages[0].extract_text().strip()",
        "('hello', 'hello')",
    ),
    "scipy": ("from scipy import stats\nround(float(stats.norm.cdf(0)), 3)", "0.5"),
    "KMeans": (
        "import numpy as np\nfrom sklearn.cluster import KMeans\n"
        "sorted(set(KMeans(2, n_init=1).fit(np.random.rand(50, 2)).labels_.tolist()))",
        "[0, 1]",
    ),
    "n_jobs": (
        "import numpy as np\nfrom sklearn.ensemble import RandomForestClassifier\n"
        "from sklearn.model_selection import GridSearchCV\nx, y = np.random.rand(60, 2), [0, 1] * 30\n"
        "search = GridSearchCV(RandomForestClassifier(5), {'max_depth': [2, 3]}, n_jobs=-1, cv=2).fit(x, y)\n"
        "search.best_score_ > 0",
        "True",
    ),
    "joblib": (
        "from joblib import Parallel, delayed\nParallel(n_jobs=2)(delayed(abs)(number) for number in (-1, 2))",
        "[1, 2]",
    ),
    "statsmodels": (
        "import numpy as np, statsmodels.api as sm\nx = np.arange(5.0)\n"
        "round(float(sm.OLS(2 * x, x).fit().params[0]), 6)",
        "2.0",
    ),
    "seaborn": (
        "import seaborn as sns\nsns.set_theme()\nsns.lineplot(x=[1, 2], y=[3, 4]).get_figure() is not None",
        "True",
    ),
    "plotly": ("import plotly.express as px\n'<div' in px.line(x=[1, 2], y=[3, 4]).to_html()", "True"),
    "altair": (
        FRAME + "import altair as alt\n'vega' in alt.Chart(df).mark_line().encode(x='a', y='a').to_html()",
        "True",
    ),
    "bokeh": (
        "from bokeh.embed import file_html\nfrom bokeh.plotting import figure\nplot = figure()\nplot.line([1], [2])\n"
        "'<html' in file_html(plot, 'cdn')",
        "True",
    ),
    "folium": ("import folium\n'leaflet' in folium.Map().get_root().render()", "True"),
    "sympy": ("import sympy\nx = sympy.symbols('x')\nstr(sympy.integrate(x**2))", "x**3/3"),
    "networkx": ("import networkx\nnetworkx.path_graph(3).number_of_nodes()", "3"),
    "duckdb": (FRAME + "import duckdb\nduckdb.sql('select sum(a) as s from df').fetchall()", "[(6,)]"),
    "duckdb's files": (
        "import duckdb\nwith duckdb.connect('a.db') as base:\n    base.execute('create table t as select 42 as x')\n"
        "duckdb.connect('a.db').execute('select x from t').fetchall()",
        "[(42,)]",
    ),
    "duckdb's memory": (
        "import duckdb\nduckdb.connect().execute(\"select current_setting('memory_limit')\").fetchone()[0]",
        "1.0 GiB",
    ),
    "polars": ("import polars as pl\npl.DataFrame({'a': [2, 1]}).sort('a')['a'].to_list()", "[1, 2]"),
    "polars reads Excel": (
        FRAME + "df.to_excel('a.xlsx', index=False)\nimport polars as pl\npl.read_excel('a.xlsx').rows()",
        "[(1, 'x'), (2, 'y'), (3, 'z')]",
    ),
    "tabulate": (FRAME + "df.to_markdown(index=False).splitlines()[-1]", "|   3 | z   |"),
    "heic": (
        "import pillow_heif\nfrom PIL import Image\npillow_heif.register_heif_opener()\n"
        "Image.new('RGB', (9, 8)).save('a.heic')\nImage.open('a.heic').size",
        "(9, 8)",
    ),
    "webp": ("from PIL import Image\nImage.new('RGB', (9, 8)).save('a.webp')\nImage.open('a.webp').size", "(9, 8)"),
    "gif": (
        "import imageio.v3 as iio, numpy as np\nframes = np.random.randint(255, size=(3, 32, 32, 3), dtype='uint8')\n"
        "iio.imwrite('a.gif', frames)\niio.imread('a.gif').shape",
        "(3, 32, 32, 3)",
    ),
    "mp4": (
        "import imageio.v3 as iio, numpy as np\nframes = np.zeros((10, 64, 64, 3), dtype='uint8')\n"
        "iio.imwrite('a.mp4', frames, plugin='pyav', codec='libx264', fps=10)\n"
        "iio.imread('a.mp4', plugin='pyav').shape",
        "(10, 64, 64, 3)",
    ),
    "animations": (
        "import matplotlib.pyplot as plt\nfrom matplotlib.animation import FuncAnimation\n"
        "figure, axes = plt.subplots(figsize=(3.01, 2.01))\n(line,) = axes.plot([0, 1])\n"
        "moving = FuncAnimation(figure, lambda number: line.set_ydata([0, number]), frames=4)\n"
        "moving.save('a.mp4', fps=4)\nimport imageio.v3 as iio\n"
        "iio.imread('a.mp4', plugin='pyav').shape, '<video' in moving.to_html5_video()",
        "((4, 200, 300, 3), True)",
    ),
    "wordcloud": (
        "from wordcloud import WordCloud\nWordCloud().generate('hello world').to_array().shape",
        "(200, 400, 3)",
    ),
    "requests": ("import requests\nrequests.Request('GET', 'http://example.org').prepare().url", "http://example.org/"),
    "tqdm": ("from tqdm import tqdm\nsum(tqdm(range(4)))", "6"),
    "rich": ("from rich.text import Text\nText.from_markup('[b]hello[/b]').plain", "hello"),
    "yaml": ("import yaml\nyaml.safe_load('a: [1, 2]')", "{'a': [1, 2]}"),
    "lxml": ("from lxml import html\nhtml.fromstring('<p>hello</p>').text", "hello"),
    "html5lib": ("from bs4 import BeautifulSoup\nBeautifulSoup('<p>hello', 'html5lib').p.text", "hello"),
    "read_html": (
        "import io, pandas as pd\npd.read_html(io.StringIO('<table><tr><th>a</th></tr><tr><td>1</td></tr></table>'))"
        "[0].a[0]",
        "1",
    ),
    "regex": ("import regex\nregex.findall(r'\\p{L}+', 'añb 1')", "['añb']"),
    "dateutil, pytz": (
        "import datetime, dateutil.parser, pytz\n"
        "dateutil.parser.parse('3 May 2024').astimezone(pytz.utc).year, pytz.timezone('Europe/Berlin').zone",
        "(2024, 'Europe/Berlin')",
    ),
    "charset_normalizer": (
        "import charset_normalizer\ncharset_normalizer.from_bytes('Größe, Übung, Straße'.encode('utf-16'))"
        ".best().encoding",
        "utf_16",
    ),
    "styles": (FRAME + "'color' in df.style.background_gradient().to_html()", "True"),
    "thread pools": (
        "import importlib\nwith importlib.import_module('multiprocessing.pool').ThreadPool(2) as pool: print(end='')\n"
        "pool._processes",
        "2",
    ),
}
AFTER_A_CRASH = {
    "KMeans": ("from sklearn.cluster import KMeans", "len(KMeans(2, n_init=1).fit([[0], [1], [5]]).labels_)", "3"),
    "joblib": (
        "from joblib import Parallel, delayed",
        "Parallel(n_jobs=2)(delayed(abs)(number) for number in (-1, 2))",
        "[1, 2]",
    ),
    "duckdb": (
        "import duckdb\nbase = duckdb.connect('a.db')",
        "[owner.execute('select sum(range) from range(1000000)').fetchone()[0] for owner in (base, duckdb)]",
        "[499999500000, 499999500000]",
    ),
    "pyarrow": (
        "import pyarrow.compute as pc, pyarrow.parquet as pq, pyarrow as pa\ntable = pa.table({'a': range(100_000)})",
        "pq.write_table(table, 'a.parquet')\npc.sum(pq.read_table('a.parquet')['a']).as_py()",
        "4999950000",
    ),
}
TITLE = "你好 こんにちは 안녕 مرحبا שלום नमस्ते สวัสดี 😀 🚀"


@pytest.mark.parametrize(("code", "expected"), SNIPPETS.values(), ids=SNIPPETS)
async def test_it_works(box: Sandbox, code: str, expected: str):
    done = await box.run(code)
    assert done.error is None, done.error
    assert done.value == expected
    assert "Warning" not in done.stdout


@pytest.mark.parametrize(("before", "code", "expected"), AFTER_A_CRASH.values(), ids=AFTER_A_CRASH)
async def test_it_works_again_after_a_crash(box: Sandbox, before: str, code: str, expected: str):
    await value(box, before)
    assert await value(box, code) == expected
    assert (await failure(box, "import os\nos._exit(1)")).kind == "crash"
    assert await value(box, code) == expected


async def test_polars_says_that_a_crash_took_its_threads(box: Sandbox):
    await value(box, "import polars as pl\nframe = pl.DataFrame({'a': [2, 1]})\nframe.sort('a')")
    await failure(box, "import os\nos._exit(1)")
    for code in ("frame.sort('a')", "frame.filter(pl.col('a') > 1)", "pl.read_csv('a.csv')", "frame['a'].sort()"):
        assert "Go on with pandas" in (await failure(box, code)).message
    assert await value(box, "import pandas\npandas.DataFrame(frame.to_dict(as_series=False)).a.tolist()") == "[2, 1]"


@pytest.mark.parametrize(
    "family", ["", "plt.rcParams['font.sans-serif'] = ['SimHei']\n", "import seaborn\nseaborn.set_theme()\n"]
)
async def test_figures_have_glyphs_for_all_scripts(box: Sandbox, family: str):
    box.policy = Policy(imports=["*"])
    done = await box.run(f"import matplotlib.pyplot as plt\n{family}plt.title({TITLE!r})\nplt.gcf()")
    assert done.error is None
    assert done.stdout == ""
    assert "image/png" in done.displays[0].data


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (FRAME + "import altair\naltair.Chart(df).mark_line().save('a.png')", "chart.save('chart.html')"),
        ("import plotly.express as px\npx.line(x=[1], y=[2]).write_image('a.png')", "figure.write_html('figure.html')"),
    ],
)
async def test_what_needs_a_browser_says_what_to_do(box: Sandbox, code: str, sentence: str):
    message = (await failure(box, code)).message
    assert "needs a browser" in message
    assert sentence in message


async def test_the_number_of_processors_is_sensible(box: Sandbox):
    assert (
        await value(box, "import os, joblib\n1 <= os.cpu_count() <= 16, joblib.cpu_count() == os.cpu_count()")
        == "(True, True)"
    )


def test_all_that_the_extra_names_may_be_imported():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    named = {canonicalize_name(Requirement(line).name) for line in extras["data"]} - FONTS
    modules: dict[str, set[str]] = {}
    for module, owners in packages_distributions().items():
        for owner in owners:
            modules.setdefault(canonicalize_name(owner), set()).add(module)
    assert [name for name in named if DATA_MODULES.isdisjoint(modules.get(name, set()))] == []


def test_no_advice_names_what_is_there():
    assert DATA_MODULES.isdisjoint(ALTERNATIVES)


async def test_matplotlib_draws_formulas_without_latex(box: Sandbox):
    code = "import matplotlib.pyplot as plt\nplt.rcParams['text.usetex'] = True\nplt.title('$x^2$')"
    done = await box.run(code)
    assert done.error is None and [display.kind for display in done.displays] == ["image"]
    assert done.stdout.startswith("UserWarning: There is no LaTeX here")
