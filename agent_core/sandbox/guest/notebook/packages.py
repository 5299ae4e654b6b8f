"""Says whether packages are there, to code that would install them."""

import importlib.metadata
import importlib.util
import re

_MODULES = {
    "beautifulsoup4": "bs4",
    "opencv-python": "cv2",
    "opencv-python-headless": "cv2",
    "pillow": "PIL",
    "pymupdf": "fitz",
    "python-dateutil": "dateutil",
    "python-docx": "docx",
    "python-pptx": "pptx",
    "pyyaml": "yaml",
    "scikit-image": "skimage",
    "scikit-learn": "sklearn",
}
"""Packages whose modules have another name."""
_WITH_VALUE = ("-r", "-c", "-i", "-f", "-t", "--requirement", "--index-url", "--extra-index-url", "--target")
_CHANNELS = ("-c", "--channel", "-n", "--name")
_MOST = 20


def answer_pip(arguments: list[str], *, conda: bool = False) -> str:
    """Return what to say to `pip` with these arguments.

    Args:
        arguments: Those of the command line, without its name.
        conda: Whether the command was `conda`.
    """
    what = arguments[0] if arguments else ""
    wanted = _packages(arguments[1:], _CHANNELS if conda else _WITH_VALUE)
    if what in ("list", "freeze"):
        return "\n".join(sorted(f"{found.name}=={found.version}" for found in importlib.metadata.distributions()))
    if what == "show":
        return "\n".join(f"Name: {name}\nVersion: {_version(name) or 'not installed'}" for name in wanted)
    there = [name for name in wanted if is_installed(name)]
    missing = [name for name in wanted if name not in there]
    parts = (
        [f"{_list(there)} available, import it" if len(there) == 1 else f"{_list(there)} available"] if there else []
    )
    parts += [f"{_list(missing)} not available, do it another way"] if missing else []
    return f"Packages cannot be installed here{'; ' if parts else ''}{'; '.join(parts)}."


def is_installed(package: str) -> bool:
    """Whether a package, by its own name or that of its module, can be imported."""
    module = _MODULES.get(package.lower(), package.replace("-", "_"))
    try:
        return importlib.util.find_spec(module) is not None or _version(package) is not None
    except (ImportError, ValueError):
        return False


def _packages(arguments: list[str], with_value: tuple[str, ...]) -> list[str]:
    """Return the names of packages among arguments, without versions and extras."""
    names, skip = [], False
    for argument in arguments:
        if not skip and not argument.startswith("-") and (found := re.match(r"[A-Za-z0-9][\w.-]*", argument)):
            names.append(found[0])
        skip = argument in with_value
    return list(dict.fromkeys(names))[:_MOST]


def _list(names: list[str]) -> str:
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'}"


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return None
