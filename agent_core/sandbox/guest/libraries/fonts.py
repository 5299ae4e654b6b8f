"""Fonts for the scripts that matplotlib's own font lacks, in whatever font a figure asks for."""

import dataclasses
import importlib.util
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_PACKAGES = ("manimgx_fonts", "noto_cjk_sans_otc")  # each is a folder of font files
_HAN = "Noto Sans CJK SC"  # has kana and hangul too; its Chinese characters are the simplified ones' forms
# What code that was written for other systems asks for.
_SAME_AS = {
    _HAN: ("SimHei", "SimSun", "Microsoft YaHei", "PingFang SC", "Heiti SC", "STHeiti", "WenQuanYi Micro Hei"),
    "Noto Sans CJK TC": ("Microsoft JhengHei", "PingFang TC", "PingFang HK", "Heiti TC"),
    "Noto Sans CJK JP": (
        "MS Gothic",
        "Yu Gothic",
        "Meiryo",
        "Hiragino Sans",
        "IPAexGothic",
        "IPAGothic",
        "Noto Sans JP",
    ),
    "Noto Sans CJK KR": ("Malgun Gothic", "NanumGothic", "AppleGothic", "Apple SD Gothic Neo", "Noto Sans KR"),
}
_PLAIN = "dejavusans{}.ttf"
# How files of fonts for Chinese, Japanese and Korean are called elsewhere.
_EAST_ASIAN_FILES = (
    *("simhei", "simsun", "simkai", "msyh", "msjh", "pingfang", "stheiti", "wqy", "notosanscjk", "notosanssc"),
    *("msgothic", "yugothic", "meiryo", "hiragino", "malgun", "nanum", "gulim", "batang"),
)


def install() -> None:
    """Have matplotlib look in these fonts for characters that a figure's own font lacks.

    The list of fallbacks is added where fonts are looked up, not to the settings, which styles and seaborn overwrite.
    """
    module: Any = sys.modules.get("matplotlib.font_manager")
    if not hasattr(module, "FontPath"):  # no matplotlib, or an older one
        return
    logging.getLogger(module.__name__).addFilter(_Once())
    manager = module.fontManager
    known = len(manager.ttflist)
    for path in _files():
        manager.addfont(path)
    added = {entry.name: entry for entry in manager.ttflist[known:]}
    for name, others in _SAME_AS.items():
        if entry := added.get(name):
            manager.ttflist += [dataclasses.replace(entry, name=other) for other in others]
    plain = [entry for entry in added.values() if "CJK" not in entry.name or entry.name == _HAN]
    paths = [module.FontPath(entry.fname, entry.index) for entry in plain if entry.style == "normal"]
    fallbacks = list(dict.fromkeys(paths))
    find = manager._find_fonts_by_props

    def find_with_fallbacks(*arguments: Any, **options: Any) -> list[Any]:
        found = find(*arguments, **options)
        return [*found, *(path for path in fallbacks if path not in found)]

    manager._find_fonts_by_props = find_with_fallbacks
    _replace_files_of_elsewhere(module)


def _replace_files_of_elsewhere(module: Any) -> None:
    """Have figures take the names of font files that are not here for those of fonts that are."""
    set_file, add_font = module.FontProperties.set_file, module.fontManager.addfont

    def here(file: Any) -> Any:
        return file_for(os.fspath(file)) if file and not os.path.exists(file) else file  # noqa: PTH110

    module.FontProperties.set_file = lambda self, file: set_file(self, here(file))
    module.fontManager.addfont = lambda path: add_font(here(path))


def file_for(name: str) -> str:
    """Return the path of the font here that is of that name, or stands for one of another system: then, warn.

    Args:
        name: The name or path of a font file, such as arialbd.ttf.
    """
    here = {path.name.lower(): path for path in (*_of_matplotlib(), *_files())}
    stem, file = Path(name).stem.lower(), Path(name).name
    found = here.get(file.lower())
    if found is None:
        found = here[_PLAIN.format("-bold" if "bold" in stem or stem.endswith("bd") else "")]
        if any(part in stem for part in _EAST_ASIAN_FILES):
            found = next((path for other, path in here.items() if "cjk" in other), found)
        warnings.warn(f"There is no font {file!r} here, so it is {found.name!r}.", stacklevel=3)
    return str(found)


def _of_matplotlib() -> list[Path]:
    spec = importlib.util.find_spec("matplotlib")
    folders = (spec.submodule_search_locations or ()) if spec else ()
    return [path for folder in folders for path in Path(folder, "mpl-data", "fonts", "ttf").glob("*.ttf")]


class _Once(logging.Filter):
    """Lets each message pass once: a font that is not there is looked for with every text of a figure."""

    def __init__(self) -> None:
        super().__init__()
        self._told: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        is_new = message not in self._told
        self._told.add(message)
        return is_new


def _files() -> Iterator[Path]:
    for package in _PACKAGES:
        spec = importlib.util.find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            yield from sorted(Path(folder).glob("*.tt[cf]"))
