"""Libraries that would fail in a worker, made to work there once the agent's code has imported them.

They fail because they read /proc, start programs, or have threads of their own, which a checkpoint does not keep.
"""

import os
import resource
import sys
import tempfile
import warnings
from collections.abc import Callable
from typing import Any, NoReturn

from ..notebook import ipython_shim
from . import fonts, video_writer
from .loaded_libraries import loaded_libraries, replace_constant

_CGROUP, _NOWHERE = b"/proc/self/cgroup", b"/nowhere/cgroups/"


def _repair_threadpoolctl(threadpoolctl: Any) -> None:
    """Let it find the loaded libraries without /proc/self/maps."""
    threadpoolctl._HAS_PROCFS = False
    threadpoolctl.dllist = lambda: [library.path for library in loaded_libraries()]


def _repair_joblib(joblib: Any) -> None:
    """Let it work in threads, because there can be no further processes."""
    parallel = joblib.parallel
    parallel.BACKENDS |= dict.fromkeys(("loky", "multiprocessing"), parallel.ThreadingBackend)
    parallel.DEFAULT_BACKEND = "threading"


def _repair_duckdb(duckdb: Any) -> None:
    """Keep it from reading /proc/self/cgroup, within the chat's memory, and from having threads.

    It takes a file that exists and cannot be read for an error, and one that does not exist for no limit.
    """
    for library in loaded_libraries():
        if os.path.basename(library.path).startswith("_duckdb."):  # noqa: PTH119
            replace_constant(library, _CGROUP, _NOWHERE)
    most = resource.getrlimit(resource.RLIMIT_DATA)[0]
    defaults: dict[str, Any] = {
        "threads": 1,
        "temp_directory": tempfile.gettempdir(),
        # Its extensions are programs from the web: it need not wait for what it will not get.
        "autoinstall_known_extensions": False,
        "custom_extension_repository": "/nowhere",
    }
    if most != resource.RLIM_INFINITY:
        defaults["memory_limit"] = f"{most // 2 // 2**20}MiB"
    original = duckdb.connect

    def connect(database: Any = ":memory:", read_only: bool = False, config: dict[str, Any] | None = None) -> Any:
        if database == ":default:":
            return original(database)
        return original(database, read_only, {**defaults, **(config or {})})

    connect.__doc__ = original.__doc__
    duckdb.connect = connect
    duckdb.set_default_connection(connect())


def _repair_matplotlib(matplotlib: Any) -> None:
    """Have it draw formulas itself where it would start LaTeX, and figures in memory where it would open windows."""
    use = matplotlib.use

    def use_without_windows(backend: str, *, force: bool = True) -> None:
        use(_without_windows(backend), force=force)

    use_without_windows.__doc__ = use.__doc__
    matplotlib.use = use_without_windows
    validators = matplotlib.RcParams.validate
    original = validators["text.usetex"]

    def refuse(value: Any) -> bool:
        if original(value):
            warnings.warn("There is no LaTeX here: matplotlib draws $formulas$ itself.", stacklevel=2)
        return False

    validators["text.usetex"] = refuse


def _repair_pyplot(pyplot: Any) -> None:
    """Have it draw figures in memory where it would open windows."""
    switch = pyplot.switch_backend

    def switch_without_windows(newbackend: str) -> None:
        switch(_without_windows(newbackend))

    switch_without_windows.__doc__ = switch.__doc__
    pyplot.switch_backend = switch_without_windows


def _without_windows(backend: str) -> str:
    return backend if backend.lower() in _BACKENDS_OF_FILES else "agg"


def _repair_fonts(image_font: Any) -> None:
    """Let pictures be written on in fonts of other systems, in those that are here."""
    truetype = image_font.truetype

    def truetype_of_here(font: Any = None, size: float = 10, *arguments: Any, **options: Any) -> Any:
        try:
            return truetype(font, size, *arguments, **options)
        except OSError:
            if not isinstance(font, (str, os.PathLike)) or os.path.exists(font):  # noqa: PTH110
                raise
        return truetype(fonts.file_for(os.fspath(font)), size, *arguments, **options)

    truetype_of_here.__doc__ = truetype.__doc__
    image_font.truetype = truetype_of_here


def _repair_fonts_of_pdf(ttfonts: Any) -> None:
    """Let PDFs be written in fonts of other systems, in those that are here."""
    make = ttfonts.TTFont.__init__

    def make_of_here(font: Any, name: str, filename: Any, *arguments: Any, **options: Any) -> None:
        try:
            make(font, name, filename, *arguments, **options)
        except ttfonts.TTFError:
            if not isinstance(filename, (str, os.PathLike)) or os.path.exists(filename):  # noqa: PTH110
                raise
            make(font, name, fonts.file_for(os.fspath(filename)), *arguments, **options)

    ttfonts.TTFont.__init__ = make_of_here


def _repair_polars(polars: Any) -> None:
    """Let it read Excel by openpyxl, as pandas does.

    Have it raise an error where it would wait forever for threads that a checkpoint has not kept.
    """
    read_excel = polars.read_excel

    def read_excel_by_openpyxl(source: Any, *, engine: str = "openpyxl", **options: Any) -> Any:
        return read_excel(source, engine=engine, **options)

    read_excel_by_openpyxl.__doc__ = read_excel.__doc__
    polars.read_excel = read_excel_by_openpyxl

    def refuse(*args: Any, **kwargs: Any) -> NoReturn:
        raise RuntimeError(
            "polars cannot compute any more in this chat: a step was taken back, and the threads of polars with it. Go"
            " on with pandas; pandas.DataFrame(frame.to_dict(as_series=False)) takes over a frame of polars."
        )

    def refuse_all() -> None:
        for owner, start in _POLARS_IN_THREADS.items():
            target = getattr(polars, owner) if owner else polars
            for name in [name for name in dir(target) if name.startswith(start)]:
                setattr(target, name, refuse)

    os.register_at_fork(after_in_child=refuse_all)


def _repair_altair(altair: Any) -> None:
    """Have `chart.show()` show the chart, and say what to do where it would start a browser's engine.

    No worker may have as much address space as such an engine takes.
    """
    original = altair.TopLevelMixin.save

    def save(self: Any, fp: Any, format: str | None = None, *arguments: Any, **options: Any) -> None:
        if (format or str(fp).rpartition(".")[2]) in ("png", "svg", "pdf"):
            raise ValueError(_NO_PICTURE.format(library="altair", save="chart.save('chart.html')"))
        original(self, fp, format, *arguments, **options)

    def show(self: Any, *arguments: Any, **options: Any) -> None:
        ipython_shim.display(self)

    altair.TopLevelMixin.save = save
    altair.TopLevelMixin.show = show


def _repair_plotly(plotly_io: Any) -> None:
    """Have `figure.show()` show the figure, and say what to do where it would start a browser."""

    def refuse(*arguments: Any, **options: Any) -> NoReturn:
        raise ValueError(_NO_PICTURE.format(library="plotly", save="figure.write_html('figure.html')"))

    def show(figure: Any, *arguments: Any, **options: Any) -> None:
        made = sys.modules["plotly.graph_objs"].Figure(figure) if isinstance(figure, dict) else figure
        ipython_shim.display(made)

    plotly_io.renderers.default = "plotly_mimetype"  # any other loads its library into the page first
    plotly_io.show = show
    plotly_io.write_image = plotly_io.to_image = plotly_io.write_images = refuse


def _repair_bokeh(plotting: Any) -> None:
    """Have `show` show the figure, where it would open a browser, without its library in the page before."""

    def show(figure: Any, *arguments: Any, **options: Any) -> None:
        ipython_shim.display(figure)

    def output_notebook(*arguments: Any, **options: Any) -> None:
        pass

    for name in ("bokeh.io", "bokeh.plotting"):
        if module := sys.modules.get(name):
            vars(module).update(show=show, output_notebook=output_notebook)


def _repair_folium(folium: Any) -> None:
    """Have `map.show_in_browser()` show the map."""
    folium.Map.show_in_browser = lambda map: ipython_shim.display(map)


_NO_PICTURE = (
    "{library} needs a browser to make picture files, and there is none here. Save it as HTML ({save}), or draw it with"
    " matplotlib."
)
_BACKENDS_OF_FILES = ("agg", "cairo", "pdf", "pgf", "ps", "svg", "template")  # all others open windows
# What needs threads, by the class or "" for functions, and how the names begin.
_POLARS_IN_THREADS = {
    "": ("read_", "collect_all", "concat", "from_pandas", "from_arrow"),
    "LazyFrame": ("collect", "_collect_eager", "sink_", "fetch", "describe", "profile"),
    "DataFrame": ("to_pandas", "to_arrow", "write_", "describe", "partition_by", "iter_slices"),
    "Series": ("sort", "arg_sort", "to_pandas", "to_arrow", "unique", "rank"),
}
REPAIRS: dict[str, Callable[[Any], None]] = {
    "altair": _repair_altair,
    "bokeh.plotting": _repair_bokeh,
    "folium": _repair_folium,
    "plotly.io": _repair_plotly,
    "threadpoolctl": _repair_threadpoolctl,
    "joblib": _repair_joblib,
    "duckdb": _repair_duckdb,
    "matplotlib": _repair_matplotlib,
    "matplotlib.animation": video_writer.repair_animation,
    "matplotlib.pyplot": _repair_pyplot,
    "imageio": video_writer.repair_imageio,
    "PIL.ImageFont": _repair_fonts,
    "reportlab.pdfbase.ttfonts": _repair_fonts_of_pdf,
    "polars": _repair_polars,
}
"""What repairs each library, by the name of its module."""
