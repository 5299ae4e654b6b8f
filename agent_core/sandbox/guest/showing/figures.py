"""matplotlib in the sandbox: open figures are shown once, and closed at the end of the step."""

import base64
import io
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def figure_of(value: Any) -> "Figure | None":
    """Return the figure that a value is, or that axes belong to; None for other values."""
    figures = sys.modules.get("matplotlib.figure")
    axes = sys.modules.get("matplotlib.axes")
    if figures and isinstance(value, figures.Figure):
        return value
    if axes and isinstance(value, axes.Axes):
        return value.get_figure(root=True)
    return None


def png(figure: "Figure") -> str:
    """Return the figure as a PNG image in base64."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", bbox_inches="tight")
    return base64.b64encode(buffer.getvalue()).decode()


class Figures:
    """The open figures of pyplot.

    Args:
        show: Displays one figure.
    """

    def __init__(self, show: Callable[[Any], None]) -> None:
        self._show = show
        self._pyplot: Any = sys.modules.get("matplotlib.pyplot")
        self._shown: set[int] = set()
        if self._pyplot:
            self._pyplot.show = lambda *args, **kwargs: self.show_all()
            self._pyplot.Figure.show = lambda figure, warn=True: show(figure)

    def mark(self, value: Any) -> None:
        """Note that a value was shown. If it is a figure, it is not shown again."""
        if figure := figure_of(value):
            self._shown.add(id(figure))

    def show_all(self) -> None:
        """Show the open figures that have not been shown yet, and close all."""
        if not self._pyplot:
            return
        try:
            for number in self._pyplot.get_fignums():
                figure = self._pyplot.figure(number)
                if id(figure) not in self._shown:
                    self._show(figure)
        finally:
            self.close_all()

    def close_all(self) -> None:
        self._shown.clear()
        if self._pyplot:
            self._pyplot.close("all")
