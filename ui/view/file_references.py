"""References to files of a chat's workspace in a model's Markdown, as pictures and links that work on the page."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from unicodedata import normalize
from urllib.parse import quote, unquote

from agent_core.execution import IMAGE_ENDINGS
from agent_core.file_names import mime_type
from ui.view.escaping import escape

_NAME = r"<[^<>\n]{1,300}>[ \t]*|(?:[^()<>\"\n]|\([^()<>\"\n]{0,100}\)){1,300}+"
# A link or picture, or a path as models know it from elsewhere. The signs that stand for formulas are in no label.
_REFERENCE = re.compile(
    r"(?P<picture>!?)\[(?P<label>[^\[\]\n\ue000\ue001]{0,300})\]"
    rf"\([ \t]*(?P<target>{_NAME})(?:\"[^\"\n]{{0,300}}\"[ \t]*)?\)"
    r"|(?<!\]\()(?<![\w/<.:\"=])(?P<path>(?:sandbox:)?/mnt/data/[^\s<>()\[\]\"'`|]{1,300})"
)
_WORKSPACE = re.compile(r"(?:sandbox:|attachment:|file://)?(?:/mnt/data/|\./)?")
_AFTER_PATH = ".,;:!?*_…"  # signs that end a sentence rather than a name


@dataclass(frozen=True)
class Reference:
    """A reference to a file of the workspace.

    Attributes:
        begin: Where it begins in the text.
        target: Where its label ends.
        end: Where it ends.
        html: What shows the file, or fetches it. It holds no markup but one element, which is harmless anywhere.
    """

    begin: int
    target: int
    end: int
    html: str


@dataclass(frozen=True)
class WorkspaceFiles:
    """The files that an answer can refer to.

    Attributes:
        address: Where the browser fetches them.
        names: Their names in the workspace.
    """

    address: str = ""
    names: frozenset[str] = frozenset()

    def references(self, text: str) -> Iterator[Reference]:
        """Yield the references to these files, in their order. What names no file of the workspace is none."""
        for match in _REFERENCE.finditer(text) if self.names else ():
            if path := match["path"]:
                path = path.rstrip(_AFTER_PATH)
                if name := self._name(path):
                    begin, end = match.start(), match.start() + len(path)
                    yield Reference(begin, begin, end, self._link(name, name))
            elif name := self._name(match["target"].strip("<> \t")):
                html = self._picture(name, match["label"]) if match["picture"] else self._link(name, match["label"])
                yield Reference(match.start(), match.end("label"), match.end(), html)

    def _name(self, target: str) -> str | None:
        name = _WORKSPACE.sub("", target, count=1)
        plain = unquote(name)
        return next((known for known in (name, plain, normalize("NFC", plain)) if known in self.names), None)

    def _picture(self, name: str, label: str) -> str:
        if mime_type(name) not in IMAGE_ENDINGS:
            return self._link(name, label)
        alt = escape(label.replace("`", "")).replace('"', "&#34;")
        return f'<img src="{self._address_of(name)}?picture" alt="{alt}" loading="lazy">'

    def _link(self, name: str, label: str) -> str:
        return f'<a href="{self._address_of(name)}" download="">{escape(re.sub("[`*]", "", label).strip() or name)}</a>'

    def _address_of(self, name: str) -> str:
        return f"{self.address}/{quote(name, errors='surrogateescape')}"
