"""The line that helps to mend an error."""

from dataclasses import dataclass

import pytest

from agent_core.memory.observation import observe
from agent_core.sandbox import Sandbox
from agent_core.tools.base import tool
from tests.agent_core.sandbox.support import failure, value

TABLE = "import pandas as pd, numpy as np\ndf = pd.DataFrame({'price': [1, 2], 'name': ['a', 'b']})\n"
COLUMNS = "The table has the columns: price, name."


@dataclass
class Hit:
    url: str
    title: str


@tool
def search(query: str) -> list[Hit]:
    """Find pages."""
    return [Hit("u", query)]


@pytest.fixture
def box(shared_box: Sandbox) -> Sandbox:
    return shared_box


@pytest.mark.parametrize(
    "code",
    [
        "df['prize']",
        "df.prize",
        "df[['prize', 'name']]",
        "df.loc[0, 'prize']",
        "df.loc[:, ['prize']]",
        "df.at[0, 'prize']",
        "df.groupby('prize').sum()",
        "df.groupby('name')['prize'].sum()",
        "df.sort_values(by='prize')",
        "df.sort_values(by=['name', 'prize'])",
        "df.set_index('prize')",
        "wanted = 'prize'\ndf[wanted]",
        "def mean(table):\n    return table['prize'].mean()\nmean(df)",
        "df.merge(df, on='prize')",
        "df.drop(columns=['prize'])",
    ],
)
async def test_a_misspelt_column(box: Sandbox, code: str):
    error = await failure(box, TABLE + code)
    assert error.advice == f"Did you mean: price? {COLUMNS}"


async def test_a_column_that_is_like_no_other(box: Sandbox):
    assert (await failure(box, TABLE + "df['zzz']")).advice == COLUMNS


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("d = {'alpha': 1, 'k': 2}\nd['alhpa']", "Did you mean: alpha? The dict has the keys: alpha, k."),
        ("d = {'a': {'beta': 1}}\nd['a']['betta']", "Did you mean: beta? The dict has the keys: beta."),
        ("d = {1: 2}\nd[3]", "The dict has the keys: 1."),
        ("d = {}\nd['a']", "The dict is empty."),
        ("words = ['x'] * 9\nwords[100]", "The list has 9 items: 0 to 8."),
        ("words = ['x']\nwords[1]", "The list has 1 item: 0 to 0."),
        ("words = []\nwords[0]", "The list is empty."),
        ("text = 'abc'\ntext[3]", "The str has 3 items: 0 to 2."),
        (TABLE + "df.iloc[7]", "The table has 2 rows and 2 columns."),
        (TABLE + "a = np.zeros((3, 4))\na[5, 0]", "The array has the shape (3, 4)."),
        ("'x'.uper()", "Did you mean: upper, isupper?"),
        ("import math\nmath.sqroot(2)", "Did you mean: sqrt, isqrt?"),
        ("import re\nfound = re.match('a', 'b')\nfound.group()", "The value is None; check where it comes from."),
        ("hit = search('a')[0]\nhit.titel", "Tool results are records; this one has the fields: url, title."),
        ("serch('a')", "Did you mean: search?"),
        ("total = 1\ntotl", "Did you mean: total?"),
        ("text.split()", "It has no value yet: assign it before it is used."),
        ("pritn(1)", "Did you mean: print?"),
        ("json.dumps(1)", "Import it first: import json"),
        ("pandas.DataFrame()", "Import it first: import pandas"),
        ("import dask.dataframe", "Packages cannot be installed here; use polars, or duckdb instead."),
        ("import requestz", "Packages cannot be installed here."),
        ("import json\njson.loads('<html>no')", "The text begins with '<html>no'."),
        ("open('data.csv')", "The working folder is empty."),
        ("open('w.csv', 'w').close()\nopen('data.csv')", "The working folder holds: w.csv."),
        ("1 / 0", ""),
    ],
)
async def test_each_kind(own_box: Sandbox, code: str, advice: str):
    own_box.tools = [search]
    assert (await failure(own_box, code)).advice == advice


FILES = {
    "western.csv": "Größe;Preis;Datum\nä;1,5;31.12.2024\n".encode("cp1252"),
    "wide.csv": "a,b\n1,2\n".encode("utf-16"),
    "russian.csv": "Имя,Город\nИван,Москва\nПётр,Казань\n".encode("cp1251"),
    "sheet.csv": b"PK\x03\x04\xff\xff",
    "semicolons.csv": b"a;b;c\n1;2;3\n1,5;2;3\n",
    "one_column.csv": b"a;b\n1;2\n",
    "report.csv": b"Report\nof today\na,b\n1,2\n",
}
TABLES = """
import pandas as pd, datetime
df = pd.DataFrame({'date': ['31.01.2024', '01.02.2024'], 'p': ['1,5', '2'], 'n': [1, 2]})
other = pd.DataFrame({'Date ': ['a'], 'q': [1]})
"""
CONVERT = (
    "The column 'date' is text, such as '31.01.2024'; convert it first: df['date'] = pd.to_datetime(df['date'], "
    "dayfirst=True). To resample, make it the index."
)


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (
            "pd.read_csv('western.csv')",
            "The bytes look like cp1252: pass encoding='cp1252'. For pd.read_csv, sep=';', decimal=',', too.",
        ),
        ("open('/mnt/data/wide.csv').read()", "The bytes look like utf-16: pass encoding='utf-16'."),
        ("name = 'russian.csv'\npd.read_csv(name)", "The bytes look like cp1251: pass encoding='cp1251'."),
        (
            "pd.read_csv('sheet.csv')",
            "The file is a ZIP archive, as .xlsx and .docx are: pd.read_excel, docx.Document or zipfile reads it.",
        ),
        ("pd.read_csv('semicolons.csv')", "The columns look separated by ';': pass sep=';', decimal=','."),
        (
            "pd.read_csv('report.csv')",
            "Rows differ in length: skip lines above the table by skiprows=, bad ones by on_bad_lines='skip'. "
            "It begins with 'Report / of today'.",
        ),
        (
            "table = pd.read_csv('one_column.csv')\ntable['b']",
            "Its only column is 'a;b': read the file with sep=';'. The table has the columns: a;b.",
        ),
        ("df['date'].dt.year", CONVERT),
        ("df.resample('ME').sum()", CONVERT),
        ("df[df['date'] > datetime.datetime(2024, 1, 1)]", CONVERT),
        ("df.date - df.date", CONVERT),
        (
            "df['p'].astype(float)",
            "Numbers have decimal commas: read the file with decimal=',' (and thousands='.'), or use .str.replace.",
        ),
        (
            "df.groupby('n').mean()",
            "Some columns are text: take df.select_dtypes('number'), or pass numeric_only=True.",
        ),
        ("df['p'].mean()", "The column is text: convert it first, with pd.to_numeric(…)."),
        (
            "df.merge(other)",
            "Use left_on='date', right_on='Date '. One has the columns: date, p, n; the other: Date , q.",
        ),
        (
            "df.merge(pd.DataFrame({'p': [1]}), on='p')",
            "Make 'p' the same type in both tables first, such as by .astype(str).",
        ),
        ("df['Date']", "Did you mean: date? The table has the columns: date, p, n."),
        ("other['date']", "Did you mean: 'Date '? The table has the columns: Date , q."),
        ("df.to_csv('/content/a.csv')", "Write to the working folder: use the name of the file alone."),
        ("df.to_csv('none/a.csv')", "Make the folder first: os.makedirs('none', exist_ok=True)."),
        ("open('/' + 'mnt/data/wide.csv')", "It is in the working folder: use './wide.csv'."),
        ("import os\nos.listdir('/')", "Only files of the working folder can be used."),
        ("df.to_excel('a.xls')", "Write .xlsx instead: no library here writes .xls."),
        ("pd.read_html('<table></table>')", "To read a text rather than a file, pass io.StringIO(text)."),
        ("pd.read_json('{\"a\": [1]}')", "To read a text rather than a file, pass io.StringIO(text)."),
        ("import matplotlib.pyplot as plt\nplt.style.use('seaborn')", "Its name is 'seaborn-v0_8'."),
        ("import matplotlib.pyplot as plt\nplt.style.use('seaborn-dark')", "Its name is 'seaborn-v0_8-dark'."),
        ("open('/' + 'tmp/a', 'w')", "Only files of the working folder can be used: such as '.tmp/a'."),
        ("float('abc')", ""),
    ],
)
async def test_mistakes_with_data(box: Sandbox, code: str, advice: str):
    for name, content in FILES.items():
        (box.workspace / name).write_bytes(content)
    assert (await failure(box, TABLES + code)).advice == advice


async def test_wrong_arguments_of_a_tool_show_how_it_is_called(box: Sandbox):
    box.tools = [search]
    assert "search(query: str)" in (await failure(box, "search(quer='a')")).message


async def test_a_denied_import_lists_what_is_allowed(box: Sandbox):
    assert (
        "Allowed: most of the standard library, the packages for data (numpy, pandas"
        in (await failure(box, "import socket")).message
    )


async def test_the_place_is_in_the_agent_s_own_lines(box: Sandbox):
    done = await box.run(TABLE + "df['prize'].mean()")
    assert observe(done).startswith(
        "Error in line 3: df['prize'].mean()\nKeyError: 'prize'\nAdvice: Did you mean: price?"
    )


async def test_nothing_of_the_agent_s_is_called(box: Sandbox):
    code = """
class Meta(type):
    def __eq__(self, other):
        calls.append('eq')
        return False
    __hash__ = type.__hash__
class Bad(metaclass=Meta):
    def __getitem__(self, key):
        raise KeyError(key)
    def __len__(self):
        calls.append('len')
        return 1
    __repr__ = __getattr__ = __iter__ = None
calls = []
bad = Bad()
d = {'a': bad}
d['a']['b']
"""
    assert (await failure(box, code)).advice == ""
    assert await value(box, "calls") == "[]"
