"""How the page looks: its theme, style sheets (styles/), scripts (scripts/) and mark (mark/, a picture of the SVG)."""

from pathlib import Path

from gradio import themes
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ui.texts import script_words, words
from ui.texts.languages import current_language

_HERE = Path(__file__).parent
STYLES = sorted((_HERE / "styles").glob("*.css"))
_SCRIPTS = sorted((_HERE / "scripts").glob("*.js"))
ICON = _HERE / "mark" / "mark.png"
HEAD = "".join(f'<script src="scripts/{script.name}"></script>' for script in _SCRIPTS)
"""What the page's head has of them. The page's security policy would not run an inline script."""
_EARLY = sorted((_HERE / "scripts" / "early").glob("*.js"))
EARLY_HEAD = "".join(f'<script src="scripts/{script.name}"></script>' for script in _EARLY)
"""What the head begins with: scripts that run before the page is painted, and before all others; see WholePage."""
_WORDS = "words.js"  # of the early scripts, that with what scripts say


def theme() -> themes.Base:
    """Return the page's look. It uses fonts that every computer has, so that nothing is loaded from other sites.

    Its own colours of the Send button, of hints at fields and of empty checkboxes are too faint for many eyes.
    What can be pressed or filled has a quiet border instead of its shadows, in the page's accent where the focus is.
    """
    fonts = ["ui-sans-serif", "system-ui", "sans-serif"]
    mono = ["ui-monospace", "Menlo", "Consolas", "monospace"]
    look = themes.Soft(primary_hue="teal", neutral_hue="slate", font=fonts, font_mono=mono)
    return look.set(
        background_fill_primary="*neutral_50",  # as it was: what is not named here becomes white
        body_text_color_subdued="*neutral_500",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_dark="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_hover_dark="*primary_800",
        block_label_text_color="*neutral_700",
        block_label_text_color_dark="*neutral_200",
        color_accent="*primary_600",
        button_border_width="1px",
        button_primary_border_color="*primary_700",
        button_primary_border_color_dark="*primary_700",
        button_secondary_border_color="*neutral_200",
        button_secondary_border_color_dark="*neutral_600",
        button_secondary_background_fill_hover_dark="*neutral_600",
        button_secondary_background_fill_dark="*neutral_800",
        **dict.fromkeys(("shadow_drop", "shadow_drop_lg", "shadow_inset"), "none"),
        input_border_width="1px",
        input_border_color="*neutral_200",
        input_border_color_dark="*neutral_600",
        input_border_color_focus="*primary_600",
        input_border_color_focus_dark="*primary_500",
        input_placeholder_color="*neutral_500",
        input_placeholder_color_dark="*neutral_300",
        checkbox_border_color="*neutral_500",
        checkbox_border_color_dark="*neutral_400",
    )


def script_route() -> Route:
    """Return the route of the page's own scripts."""
    scripts = {path.name: path.read_text(encoding="utf-8") for path in (*_SCRIPTS, *_EARLY)}

    def send(request: Request) -> Response:
        script = scripts.get(request.path_params["script"])
        if script is None:
            return Response(words("input.nothing_here"), 404, media_type="text/plain")
        if request.path_params["script"] == _WORDS:
            script = f"window.words = {script_words(current_language())};\n{script}"
        return Response(script, media_type="text/javascript")

    return Route("/scripts/{script}", send)
