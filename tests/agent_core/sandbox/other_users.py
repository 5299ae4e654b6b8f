"""Another user than who runs the tests: who it is, and a Python that everybody can run."""

import subprocess
import sys
import sysconfig
from pathlib import Path

NOBODY = 65534


def is_open(path: Path) -> bool:
    """Whether every user can get there."""
    return all(part.stat().st_mode & 0o001 for part in path.resolve().parents)


def interpreter(folder: Path) -> str:
    """One that every user can run, with the packages of this one."""
    if is_open(Path(sys.executable)):
        return sys.executable
    subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip", folder], check=True)
    (site,) = folder.glob("lib/python3*/site-packages")
    (site / "packages.pth").write_text(sysconfig.get_path("purelib"))
    return str(folder / "bin" / "python")
