"""A real PostgreSQL on loopback, of Debian's package: python -m tests.doubles.postgresql installs it where it can.

It refuses to run as root, so that it runs as the user that the package brings.
"""

import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Self

_DEBIAN = Path("/usr/lib/postgresql")
_USER = "postgres"


def programs() -> Path | None:
    """The folder of the newest PostgreSQL's programs; None if none is installed."""
    if found := sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])):
        return found[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).parent if initdb else None


class PostgreSQL:
    """A server with an empty cluster of its own, from `with` on. It can be stopped and started within it."""

    def __init__(self) -> None:
        folder = programs()
        assert folder, "there is no PostgreSQL: run python -m tests.doubles.postgresql"
        self._programs = folder
        self._folder = tempfile.TemporaryDirectory(prefix="glassbox-postgresql-")
        self._user = _USER if os.geteuid() == 0 else None
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self._port = probe.getsockname()[1]

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://{_USER}@127.0.0.1:{self._port}/{database}"

    def create_database(self, name: str) -> str:
        """Create a database, and return its address."""
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self._port), "-U", _USER, name)
        return self.url(name)

    def start(self) -> None:
        settings = f"listen_addresses=127.0.0.1 -c unix_socket_directories={self._folder.name}"
        options = f"-p {self._port} -c {settings} -c fsync=off"  # no test ends the machine
        self._run(
            "pg_ctl",
            "-D",
            f"{self._folder.name}/cluster",
            "-w",
            "-l",
            f"{self._folder.name}/log",
            "-o",
            options,
            "start",
        )

    def stop(self, mode: str = "immediate") -> None:
        self._run("pg_ctl", "-D", f"{self._folder.name}/cluster", "-w", "-m", mode, "stop")

    def __enter__(self) -> Self:
        if self._user:
            shutil.chown(self._folder.name, self._user)
        self._run("initdb", "-D", f"{self._folder.name}/cluster", "-U", _USER, "-A", "trust", "-E", "UTF8", "--no-sync")
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(subprocess.CalledProcessError):  # a test may have stopped it
            self.stop()
        self._folder.cleanup()

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._programs / program, *arguments],
            user=self._user,
            cwd=self._folder.name,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def main() -> None:
    """Install Debian's package unless there is a PostgreSQL, or this is not the place to."""
    if programs() is None and os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-q"], check=True, env=environment)
        install = ["apt-get", "install", "-q", "-y", "--no-install-recommends", "postgresql"]
        subprocess.run(install, check=True, env=environment)


if __name__ == "__main__":
    main()
