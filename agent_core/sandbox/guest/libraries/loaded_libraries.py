"""The shared objects that are loaded in this process, without /proc, which a worker cannot read."""

import ctypes
from dataclasses import dataclass, field

_PT_LOAD, _READ_ONLY = 1, 4
_PROT_READ, _PROT_READ_WRITE = 1, 3
_PAGE = 4096


@dataclass(frozen=True)
class LoadedLibrary:
    """A loaded shared object.

    Attributes:
        path: Its file.
        constants: Address and size in bytes of each part that can be read only.
    """

    path: str
    constants: list[tuple[int, int]] = field(default_factory=list)


class _Header(ctypes.Structure):
    _fields_ = (
        ("kind", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        *((name, ctypes.c_uint64) for name in ("offset", "address", "physical", "in_file", "in_memory", "align")),
    )


class _Info(ctypes.Structure):
    _fields_ = (
        ("base", ctypes.c_uint64),
        ("name", ctypes.c_char_p),
        ("headers", ctypes.POINTER(_Header)),
        ("header_count", ctypes.c_uint16),
    )


_found: list[LoadedLibrary] = []


@ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Info), ctypes.c_size_t, ctypes.c_void_p)
def _note(info: "ctypes._Pointer[_Info]", size: int, data: int) -> int:
    library = info.contents
    if library.name:
        headers = [library.headers[number] for number in range(library.header_count)]
        constants = [header for header in headers if (header.kind, header.flags) == (_PT_LOAD, _READ_ONLY)]
        parts = [(library.base + header.address, header.in_memory) for header in constants]
        _found.append(LoadedLibrary(library.name.decode(errors="replace"), parts))
    return 0


_libc = ctypes.PyDLL(None)  # keeps the GIL: another thread could wait for it, and hold the loader's own lock
_libc.memmem.restype = ctypes.c_void_p


def loaded_libraries() -> list[LoadedLibrary]:
    """Return what is loaded now."""
    _found.clear()
    _libc.dl_iterate_phdr(_note, None)
    return [*_found]


def replace_constant(library: LoadedLibrary, old: bytes, new: bytes) -> None:
    """Write another text over the first one that is equal to `old` among a library's constants, if there is one.

    Args:
        library: A loaded library.
        old: The text as it stands there, its final zero byte left out.
        new: A text of the same length.
    """
    for start, size in library.constants:
        found = _libc.memmem(ctypes.c_void_p(start), ctypes.c_size_t(size), old + b"\0", ctypes.c_size_t(len(old) + 1))
        if not found:
            continue
        page = ctypes.c_void_p(found // _PAGE * _PAGE)
        length = ctypes.c_size_t(found % _PAGE + len(old))
        if _libc.mprotect(page, length, _PROT_READ_WRITE) == 0:
            ctypes.memmove(found, new, len(old))
            _libc.mprotect(page, length, _PROT_READ)
        return
