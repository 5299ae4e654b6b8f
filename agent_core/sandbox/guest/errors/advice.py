"""One line of advice that helps to fix an error, from the objects that its expression names.

To find it, nothing is evaluated and no method of a class from the agent's code is called.
"""

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from importlib.util import find_spec
from itertools import islice
from types import ModuleType
from typing import Any

from ..libraries.data_packages import DATA_MODULES
from ..message_limits import LONGEST_ADVICE
from ..showing.truncation import truncate
from ..showing.variables import is_one_of, known_types, name_of_type, names
from ..values.records import Record
from .data_advice import advise_on_data, column_named_in, hint_for_separator, plain, tables_in
from .error_location import ErrorLocation, message_of
from .file_advice import advise_on_files
from .outdated_calls import advise_on_outdated_calls, for_name_of_module
from .place_advice import advise_on_place

_MOST_NAMES = 40
# What does the same as a package that is not among the requirements. The first word is the module to import.
ALTERNATIVES = {
    **dict.fromkeys(("dask", "modin", "pyspark", "vaex", "cudf"), "polars, or duckdb"),
    **dict.fromkeys(("psycopg2", "pymysql"), "sqlite3, or duckdb"),
    **dict.fromkeys(("h5py", "tables", "pytables"), "pandas.to_parquet and read_parquet"),
    "fastparquet": "pyarrow, or pandas.read_parquet",
    **dict.fromkeys(("xgboost", "lightgbm", "catboost"), "sklearn.ensemble.HistGradientBoosting…"),
    **dict.fromkeys(("torch", "tensorflow", "keras", "jax"), "sklearn.neural_network"),
    **dict.fromkeys(("umap", "hdbscan"), "sklearn.manifold, or sklearn.cluster"),
    **dict.fromkeys(("nltk", "spacy", "textblob", "gensim"), "sklearn.feature_extraction.text, or re"),
    **dict.fromkeys(("prophet", "pmdarima"), "statsmodels.tsa"),
    **dict.fromkeys(("pingouin", "lifelines", "linearmodels"), "statsmodels, or scipy.stats"),
    **dict.fromkeys(("numba", "cupy"), "numpy"),
    **dict.fromkeys(("cv2", "skimage"), "PIL with numpy, or scipy.ndimage"),
    **dict.fromkeys(("moviepy", "imageio_ffmpeg", "ffmpeg"), "imageio.v3 with plugin='pyav'"),
    **dict.fromkeys(("librosa", "soundfile", "pydub"), "scipy.io.wavfile, or av"),
    **dict.fromkeys(("igraph", "graphviz", "pygraphviz", "pydot"), "networkx with matplotlib"),
    **dict.fromkeys(("geopandas", "cartopy", "geoplot", "contextily"), "folium, or matplotlib"),
    **dict.fromkeys(("plotnine", "pygal", "hvplot", "holoviews", "mplfinance"), "matplotlib, seaborn or plotly"),
    **dict.fromkeys(("dash", "streamlit", "panel"), "plotly: its figures are interactive as they are"),
    **dict.fromkeys(("kaleido", "vl_convert", "altair_saver"), "matplotlib for a picture, or HTML"),
    **dict.fromkeys(("fitz", "camelot", "tabula", "pdf2image"), "pdfplumber, which finds tables too, or pypdfium2"),
    "PyPDF2": "pypdf",
    **dict.fromkeys(("fpdf", "weasyprint", "pdfkit", "docx2pdf"), "reportlab"),
    **dict.fromkeys(("docx2txt", "docxtpl"), "docx"),
    **dict.fromkeys(("xlwt", "pyxlsb", "calamine", "xlwings"), "openpyxl, or pandas.read_excel"),
    **dict.fromkeys(("chardet", "cchardet"), "charset_normalizer"),
    **dict.fromkeys(("ujson", "simplejson"), "json"),
    **dict.fromkeys(("toml", "tomli"), "tomllib"),
    **dict.fromkeys(("scrapy", "selenium", "playwright", "mechanize"), "requests with bs4"),
}
_NEEDED = re.compile(
    r"(?:`Import |^Install |requires '?|optional dependency ')(\w+)"
)  # what libraries say without a package
_NOT_IN_MODULE = re.compile(r"cannot import name '(\w+)' from '([\w.]+)'")
_IMPORTS = {
    "alt": "import altair as alt",
    "Counter": "from collections import Counter",
    "date": "from datetime import date",
    "defaultdict": "from collections import defaultdict",
    "go": "import plotly.graph_objects as go",
    "np": "import numpy as np",
    "nx": "import networkx as nx",
    "Path": "from pathlib import Path",
    "pd": "import pandas as pd",
    "pl": "import polars as pl",
    "plt": "import matplotlib.pyplot as plt",
    "px": "import plotly.express as px",
    "sm": "import statsmodels.api as sm",
    "smf": "import statsmodels.formula.api as smf",
    "sns": "import seaborn as sns",
    "stats": "from scipy import stats",
    "timedelta": "from datetime import timedelta",
}
"""What gives the names that everybody uses."""
_mro_of = type.__dict__["__mro__"].__get__  # bypasses what a metaclass may have overridden
_dict_of = type.__dict__["__dict__"].__get__


def advise(error: BaseException, location: ErrorLocation | None, given: Mapping[str, Any]) -> str:
    """Return one line of advice; "" for none.

    Args:
        error: What the agent's code raised.
        location: Where it was raised; None if unknown.
        given: The builtins of the agent's code, its tools included.
    """
    try:
        text = " ".join(_advise(error, location, given).split())
    except Exception:  # the objects are broken in a way that nobody foresaw
        return ""
    return truncate(text, LONGEST_ADVICE - 1)


def _advise(error: BaseException, location: ErrorLocation | None, given: Mapping[str, Any]) -> str:
    if isinstance(error, ImportError):
        return _for_package(error)
    if found := advise_on_files(error, location) or advise_on_data(error, location) or advise_on_place(error):
        return found
    if found := advise_on_outdated_calls(error):
        return found
    if isinstance(error, FileNotFoundError):
        return _for_file(error.filename)
    if found := re.match(r"Package not found at '(.*)'", message_of(error)):  # as docx and pptx say it
        return _for_file(found[1])
    if isinstance(error, AttributeError):
        return _for_attribute(error)
    if location and (name := column_named_in(error)):
        return next((_columns(table, [name]) for table in tables_in(location)), "")
    if location and isinstance(error, NameError):
        return _for_name(error, location, given)
    if location and isinstance(error, KeyError):
        return _for_key(location)
    return _for_index(location) if location and isinstance(error, IndexError) else ""


def _for_package(error: ImportError) -> str:
    if isinstance(error, ModuleNotFoundError):
        name = error.name or ""
    elif found := _NOT_IN_MODULE.match(message_of(error)):
        return _for_name_of_module(*found.groups())
    elif found := _NEEDED.search(message_of(error)):
        name = found[1]
    else:
        return ""
    other = ALTERNATIVES.get(name.partition(".")[0], "")
    can_be_used = bool(other) and find_spec(re.split(r"\W", other, maxsplit=1)[0]) is not None
    return f"Packages cannot be installed here{f'; use {other} instead' if can_be_used else ''}."


def _for_name_of_module(name: str, module: str) -> str:
    alike = _alike(name, vars(sys.modules[module])) if module in sys.modules else ""
    return for_name_of_module(name, module) or (f"Did you mean: {alike}?" if alike else "")


def _for_file(name: Any) -> str:
    with os.scandir() as entries:
        found = sorted(entry.name for entry in islice(entries, 200) if not entry.name.startswith("."))
    if not found:
        return "The working folder is empty."
    asked = [name] if type(name) is str else []
    return f"{_suggest(asked, found)}The working folder holds: {names(found, _MOST_NAMES)}."


def _for_attribute(error: AttributeError) -> str:
    owner, name = error.obj, error.name
    if type(name) is not str:
        return ""
    if _is_table(owner):
        return _columns(owner, [name])
    if issubclass(type(owner), Record):
        fields = object.__getattribute__(owner, "__dict__")
        return f"Tool results are records; this one has the fields: {names(fields, _MOST_NAMES)}."
    if owner is None:
        return "The value is None; check where it comes from."
    alike = _alike(name, vars(owner) if type(owner) is ModuleType else _attributes(type(owner)))
    return f"Did you mean: {alike}?" if alike else ""


def _for_name(error: NameError, location: ErrorLocation, given: Mapping[str, Any]) -> str:
    name = error.name
    if type(name) is not str:
        return ""
    if name in sys.stdlib_module_names or name in DATA_MODULES:
        return f"Import it first: import {name}"
    if name in _IMPORTS:
        return f"Import it first: {_IMPORTS[name]}"
    # A variable that was never assigned is told as such, not as the builtin that happens to look a little like it.
    alike = _alike(name, location.names()) or _alike(name, given, cutoff=0.8)
    return f"Did you mean: {alike}?" if alike else "It has no value yet: assign it before it is used."


def _for_key(location: ErrorLocation) -> str:
    wanted = location.texts()
    for table in filter(_is_table, location.owners()):
        there = {column for column in table.columns if type(column) is str}
        if missing := [text for text in wanted if text not in there]:
            return _columns(table, missing)
    owner = location.owner()
    if type(owner) is not dict:
        return ""
    if not owner:
        return "The dict is empty."
    return f"{_suggest(wanted, owner)}The dict has the keys: {names(owner, _MOST_NAMES)}."


def _for_index(location: ErrorLocation) -> str:
    owner = location.owner()
    if _is_table(owner):
        return f"The table has {len(owner):,} rows and {len(owner.columns):,} columns."
    if is_one_of(owner, known_types("numpy", "ndarray")):
        return f"The array has the shape {owner.shape}."
    if is_one_of(owner, (list, tuple, str, bytes, *known_types("pandas", "Series"))):
        count = len(owner)
        what = f"The {name_of_type(owner)} has {count:,} item{'' if count == 1 else 's'}"
        return f"{what}: 0 to {count - 1}." if count else f"The {name_of_type(owner)} is empty."
    return ""


def _columns(table: Any, wanted: list[str]) -> str:
    wrong = hint_for_separator(table)
    return f"{wrong or _suggest(wanted, table.columns)}The table has the columns: {names(table.columns, _MOST_NAMES)}."


def _suggest(wanted: list[str], there: Iterable[Any]) -> str:
    """Return a "Did you mean" question for the first wanted name that has close matches; "" for none."""
    texts = list(_texts(there))
    found = (_alike(text, texts) for text in wanted)
    return next((f"Did you mean: {alike}? " for alike in found if alike), "")


def _alike(name: str, there: Iterable[Any], cutoff: float = 0.7) -> str:
    public = [text for text in _texts(there) if not text.startswith("_") and text != name]
    same = [text for text in public if plain(text) == plain(name)] if plain(name) else []
    alike = same or get_close_matches(name, dict.fromkeys(public), cutoff=cutoff)
    # Quotes show spaces that nobody would see.
    return ", ".join(text if text == text.strip() else repr(text) for text in alike)


def _texts(there: Iterable[Any]) -> Iterator[str]:
    return (text for text in islice(there, 2_000) if type(text) is str and len(text) <= 100)


def _attributes(kind: type) -> list[str]:
    return [name for base in _mro_of(kind) for name in _dict_of(base)]


def _is_table(value: Any) -> bool:
    return is_one_of(value, known_types("pandas", "DataFrame"))
