"""The packages for work with data, by the names of their modules: what "data" among a policy's imports stands for.

`pyproject.toml` names them as what is installed, in the extra "data".
"""

DATA_PACKAGES = (
    *("numpy", "pandas", "polars", "duckdb", "pyarrow", "scipy", "sklearn", "statsmodels", "sympy", "networkx"),
    *("matplotlib", "seaborn", "plotly", "altair", "bokeh", "folium", "wordcloud", "PIL", "imageio"),
    *("openpyxl", "xlsxwriter", "docx", "pptx", "pdfplumber", "pypdf", "reportlab"),
    *("bs4", "lxml", "requests", "yaml", "dateutil", "regex", "tabulate", "rich", "tqdm"),
)
"""Those that are worth naming: to a model, and in advice."""

_BESIDE_THEM = (
    *("av", "branca", "charset_normalizer", "cycler", "defusedxml", "html5lib", "jinja2", "joblib", "mpl_toolkits"),
    *("mpmath", "narwhals", "odf", "patsy", "pdfminer", "pillow_heif", "pylab", "pypdfium2", "pytz", "sqlalchemy"),
    *("threadpoolctl", "tzdata", "urllib3", "xlrd", "xyzservices"),
)

DATA_MODULES = frozenset((*DATA_PACKAGES, *_BESIDE_THEM))
