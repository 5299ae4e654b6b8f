"""One line of advice on calls that newer versions of libraries no longer have, and what to write instead."""

import re
from types import ModuleType

from ..showing.variables import is_one_of, known_types
from .error_location import message_of

_OF_TABLES = {
    "append": "pd.concat([a, b])",
    "applymap": ".map(f)",
    "as_matrix": ".to_numpy()",
    "get_value": ".at[row, column]",
    "iteritems": ".items()",
    "ix": ".loc or .iloc",
    "lookup": ".to_numpy() with positions",
    "mad": "(x - x.mean()).abs().mean()",
    "set_value": ".at[row, column]",
}
"""Attributes that tables and columns of pandas had, to what does the same."""

_OF_MODULES = {
    ("matplotlib.cm", "get_cmap"): "matplotlib.colormaps['viridis']",
    ("networkx", "read_gpickle"): "pickle.load",
    ("networkx", "write_gpickle"): "pickle.dump",
    ("numpy", "in1d"): "np.isin",
    ("numpy", "product"): "np.prod",
    ("numpy", "row_stack"): "np.vstack",
    ("numpy", "trapz"): "np.trapezoid",
    ("scipy.integrate", "cumtrapz"): "scipy.integrate.cumulative_trapezoid",
    ("scipy.integrate", "simps"): "scipy.integrate.simpson",
    ("scipy.integrate", "trapz"): "scipy.integrate.trapezoid",
}
"""Modules with functions that they had, to what does the same."""

_ARGUMENTS = {
    ("OneHotEncoder", "sparse"): "sparse_output=False",
    ("", "squared"): "sklearn.metrics.root_mean_squared_error",
    ("fillna", "method"): ".ffill() or .bfill()",
    ("read_csv", "date_parser"): "date_format='%d.%m.%Y'",
    ("read_csv", "delim_whitespace"): r"sep=r'\s+'",
    ("read_csv", "error_bad_lines"): "on_bad_lines='skip'",
    ("read_csv", "infer_datetime_format"): "parse_dates=['column'] alone",
    ("read_csv", "squeeze"): "pd.read_csv(…).squeeze('columns')",
    ("read_csv", "warn_bad_lines"): "on_bad_lines='warn'",
    ("to_csv", "line_terminator"): "lineterminator=",
    ("to_excel", "encoding"): "no encoding=, which workbooks do not need,",
}
"""Functions, if errors name them, with arguments that they had, to what does the same."""


def advise_on_outdated_calls(error: BaseException) -> str:
    """Return one line of advice; "" for none."""
    other = ""
    if isinstance(error, AttributeError) and type(error.name) is str:
        other = _for_attribute(error.obj, error.name)
    elif isinstance(error, TypeError):
        found = re.search(
            r"(?:(\w+)(?:\.__init__)?\(\) )?got an unexpected keyword argument '(\w+)'", message_of(error)
        )
        other = _ARGUMENTS.get((found[1] or "", found[2]), "") if found else ""
    return _instead(other)


def for_name_of_module(name: str, module: str) -> str:
    """Return one line of advice on a name that a module does not have; "" for none."""
    return _instead(_OF_MODULES.get((module, name), ""))


def _instead(other: str) -> str:
    return f"Newer versions no longer have it: write {other} instead." if other else ""


def _for_attribute(owner: object, name: str) -> str:
    if is_one_of(owner, known_types("pandas", "DataFrame", "Series")):
        return _OF_TABLES.get(name, "")
    return _OF_MODULES.get((owner.__name__, name), "") if type(owner) is ModuleType else ""
