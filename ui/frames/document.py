"""Makes the document of a frame from what code displays.

No script of the code gets into it. A chart is data, which the library's own script draws; HTML is cleaned.
"""

import re

import nh3

from agent_core.execution import Display
from ui.frames.libraries import NEEDED
from ui.texts import read_text, words
from ui.view.sanitizing import DEEPEST_HTML, nesting_depth

_TAGS = (
    "audio button canvas center circle clipPath defs ellipse fieldset figcaption figure filter font footer g header "
    "input label legend line linearGradient main mark marker mask meter nav option path pattern polygon polyline "
    "progress radialGradient rect section select source stop style svg symbol text textPath textarea title track tspan "
    "use video"
)
_ATTRIBUTES = (
    "align alt bgcolor border checked class color colspan controls cx cy d dir disabled dx dy fill fill-opacity "
    "fill-rule font-family font-size font-weight for fx fy gradientTransform gradientUnits height id lang loop "
    "marker-end max min muted name offset opacity open placeholder points preserveAspectRatio r role rowspan rx ry "
    "scope size start step stop-color stop-opacity stroke stroke-dasharray stroke-linecap stroke-linejoin "
    "stroke-opacity stroke-width style summary tabindex text-anchor title transform type valign value viewBox width x "
    "x1 x2 y y1 y2"
)
_SOURCES = {
    **{tag: {"href"} for tag in ("a", "use")},
    **{tag: {"src"} for tag in ("audio", "img", "source")},
    "video": {"src", "poster"},
}
_TO_FILL = re.compile(r"<(div|svg|canvas|g|tbody|ul)\b[^<>]*\bid\s*=[^<>]*>\s*</\1", re.IGNORECASE)  # by a script
_CLEANER = nh3.Cleaner(
    tags=nh3.ALLOWED_TAGS | set(_TAGS.split()),
    clean_content_tags={"script", "iframe", "object", "noscript", "template"},
    attributes={"*": set(_ATTRIBUTES.split()), **_SOURCES},
    generic_attribute_prefixes={"data-", "aria-"},
    attribute_filter=lambda tag, name, value: value if _is_kept(tag, name, value) else None,
    url_schemes={"http", "https", "mailto", "data"},
    set_tag_attribute_values={"a": {"target": "_blank"}},
    link_rel="noopener noreferrer",
)


def _is_kept(tag: str, name: str, value: str) -> bool:
    """Whether an attribute stays: an address leads elsewhere in links, and to the document itself in all else."""
    if name not in ("src", "href", "poster"):
        return True
    return not value.lower().startswith("data:") if tag == "a" else value.startswith(("data:", "#"))


def frame_document(display: Display, libraries_at: str) -> str:
    """Return a whole document that shows an interactive display, to be sent with the policy of frames.

    Args:
        display: A display of the kind "interactive".
        libraries_at: The address of the scripts, relative to the document.
    """
    if kind := display.chart_type:
        data = display.data[kind].replace("<", "\\u003c")  # it is valid JSON, which has this sign in texts alone
        body = f'<div id="chart" data-failed="{read_text("frame_failed")}"></div>'
        body += f'<script type="application/json" id="data">{data}</script>'
        needed = ("trusted_html.js", *NEEDED[kind], "draw.js")
    else:
        kind, body, needed = "", _clean(display.data["text/html"]), ("draw.js",)
    loading = "".join(_loading(f"{libraries_at}/{name}") for name in needed)
    note = f'<p id="note" hidden>{read_text("frame_lacks")}</p>'
    return f'{_HEAD.format(at=libraries_at)}<body data-kind="{kind}" {_film_words()}>{note}{body}{loading}</body>'


def _film_words() -> str:
    """Return the words of the parts that draw.js makes, as attributes."""
    names = ("frame", "picture", "play", "pause")
    return " ".join(f'data-{name}="{words(f"frames.{name}")}"' for name in names)


_HEAD = (
    '<!DOCTYPE html><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    '<link rel="stylesheet" href="{at}/frame.css">'
)


def _loading(address: str) -> str:
    if address.endswith(".css"):
        return f'<link rel="stylesheet" href="{address}">'
    return f'<script src="{address}"></script>'


def _clean(html: str) -> str:
    """Return HTML without anything that could run, load or lead elsewhere but a link that is pressed."""
    if nesting_depth(html) > DEEPEST_HTML:
        return read_text("frame_too_deep")
    cleaned = _CLEANER.clean(html)
    if "<script" in html.lower() and (_TO_FILL.search(html) or not re.sub("<[^>]*>", "", cleaned).strip()):
        return f'<p class="note">{read_text("frame_without_scripts")}</p>{cleaned}'
    return cleaned
