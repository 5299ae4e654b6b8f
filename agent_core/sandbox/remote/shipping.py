"""Ships this program's own agent_core to the far end, so that both ends are of one version whatever is installed there.

What is shipped are the package's files, nothing else: no settings, no keys.
"""

import functools
import io
import struct
import zipfile
from pathlib import Path

_PACKAGE = Path(__file__).parents[2]
_SHIPPED = (".py", ".md", ".toml")
# Reads the archive from its standard input, and goes on with that as the far end. It speaks in frames from the start
# (frames.py), so that what is wrong there can be told.
_UNPACK = """\
import io, json, os, struct, sys, tempfile, zipfile
def fail(message):
    body = json.dumps({"type": "failed", "id": 0, "message": message}).encode()
    os.write(1, struct.pack("!I", len(body)) + body)
    os._exit(1)
def take(size):
    data = bytearray()
    while len(data) < size:
        piece = os.read(0, size - len(data))
        if not piece:
            os._exit(0)
        data += piece
    return bytes(data)
archive = take(*struct.unpack("!I", take(4)))
if sys.version_info < (3, 11):
    fail("Python 3.11 or newer is needed there; it has %d.%d." % sys.version_info[:2])
try:
    folder = tempfile.TemporaryDirectory(prefix="glassbox-far-")
    zipfile.ZipFile(io.BytesIO(archive)).extractall(folder.name)
    sys.path.insert(0, folder.name)
    from agent_core.sandbox.remote.serve import main
except ImportError as error:
    fail("The Python there lacks a package that Glassbox needs: %s." % error.name)
except OSError as error:
    fail("It has no place for temporary files there: %s." % error.strerror)
main()
folder.cleanup()
"""
FAR_COMMAND = ("python3", "-I", "-c", _UNPACK)
"""What a place runs. With another Python, put that first."""


@functools.cache
def archive() -> bytes:
    """Return what is written to the far end first: the length of an archive of this package, and the archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(_PACKAGE.rglob("*")):
            if path == _PACKAGE / "__init__.py":  # it imports all of the library, of which the sandbox is a part
                file.writestr(f"{_PACKAGE.name}/__init__.py", "")
            elif path.suffix in _SHIPPED:
                file.write(path, Path(_PACKAGE.name, path.relative_to(_PACKAGE)))
    return struct.pack("!I", packed.tell()) + packed.getvalue()
