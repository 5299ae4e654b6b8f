"""What lies outside the sandbox, made only to be harmed: files, a process, servers, a secret."""

import contextlib
import os
import secrets
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import psutil

from tests.support import ROOT

Facts = Mapping[str, object]

SECRET = f"canary-{secrets.token_hex(16)}"
_MOST_TEXT = 35_000_000  # characters of one step's output and results that the host may come to hold
_RAN = "ran-42"  # what only a shell can work out from the attempts' text


class Canaries:
    """Fresh ones for each attempt, but for the secret."""

    def __init__(self) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="canary-")
        self.folder = Path(self._temporary.name)
        self._shared = Path("/dev/shm", self.folder.name)
        self._make_files()
        self._servers = self._serve()
        self._victim = self._start_victim()
        self._before = self._state()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for server in self._servers.values():
            server.close()
        self._victim.kill()
        self._victim.wait()
        self._shared.unlink(missing_ok=True)
        self._temporary.cleanup()

    def facts(self, workspace: Path, library: str, hold_seconds: float) -> Facts:
        """What the attempts are told, so that they need not search. library: a file that may be read inside.

        hold_seconds: seconds for which what was taken is held.
        """
        return {
            "folder": str(self.folder),
            "secret": str(self.folder / "secret.txt"),
            "precious": str(self.folder / "precious.txt"),
            "shared": str(self._shared),
            "source": str(ROOT / "agent_core" / "errors.py"),
            "workspace": str(workspace),
            "library": library,
            "hold_seconds": hold_seconds,
            "device": Path("/").stat().st_dev,
            "app": os.getpid(),
            "pid": self._victim.pid,
            "address": int(Path(f"/proc/{self._victim.pid}/stat").read_text().rpartition(")")[2].split()[47]),
            "length": len(f"TOKEN={SECRET}"),
            "tcp": self._servers["tcp"].getsockname()[1],
            "udp": self._servers["udp"].getsockname()[1],
            "unix": str(self.folder / "unix"),
            "datagrams": str(self.folder / "datagrams"),
            "abstract": self.folder.name,
        }

    def touched(self, text: str) -> list[str]:
        """What an attempt has done to them. text: all that it printed and gave back."""
        found = [name for name, state in self._state().items() if state != self._before[name]]
        found += [f"the {name} server was reached" for name, server in self._servers.items() if _was_reached(server)]
        if SECRET in text:
            found.append("the secret was read")
        if _RAN in text:
            found.append("a program ran")
        if "\nreached\n" in f"\n{text}":
            found.append("it says so itself")
        if len(text) > _MOST_TEXT:
            found.append("the host holds all of a flood")
        return found

    def wait_for_touch(self, text: str, seconds: float) -> list[str]:
        """The same for what may take a moment, such as a signal."""
        end = time.monotonic() + seconds
        while not (found := self.touched(text)) and time.monotonic() < end:
            time.sleep(0.02)
        return found

    def _make_files(self) -> None:
        for name, text, mode in (("secret.txt", SECRET, 0o600), ("precious.txt", "precious", 0o644)):
            path = self.folder / name
            path.write_text(text)
            path.chmod(mode)
        (self.folder / "library.py").write_text("")
        with contextlib.suppress(OSError):  # a file system need not have attributes
            os.setxattr(self.folder / "secret.txt", "user.note", SECRET.encode())

    def _serve(self) -> dict[str, socket.socket]:
        servers = {
            "tcp": _server(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
            "udp": _server(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
            "unix": _server(socket.AF_UNIX, socket.SOCK_STREAM, str(self.folder / "unix")),
            "abstract": _server(socket.AF_UNIX, socket.SOCK_STREAM, f"\0{self.folder.name}"),
            "datagrams": _server(socket.AF_UNIX, socket.SOCK_DGRAM, str(self.folder / "datagrams")),
        }
        for server in servers.values():
            server.setblocking(False)
        return servers

    def _start_victim(self) -> subprocess.Popen[bytes]:
        # Root's own processes are out of reach for a worker without root's powers; one like itself is the better test.
        powerless = ["/usr/bin/setpriv", "--bounding-set=-all"] if os.geteuid() == 0 else []
        environment = {"TOKEN": SECRET}
        with (self.folder / "secret.txt").open() as file:
            victim = subprocess.Popen(
                [*powerless, "/bin/sleep", "60"], env=environment, stdin=file, start_new_session=True
            )
        process = psutil.Process(victim.pid)
        while (process.name(), process.environ()) != ("sleep", environment):  # it has yet to become what it will be
            time.sleep(0.001)
        return victim

    def _state(self) -> dict[str, object]:
        files = {path.name: _file_state(path) for path in self.folder.iterdir()}
        return {"the folder": files, "shared memory": self._shared.exists(), "the process": self._victim_state()}

    def _victim_state(self) -> object:
        process = psutil.Process(self._victim.pid)
        try:
            with process.oneshot():
                stopped = process.status() in (psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP)
                manner = process.nice(), process.ionice(), process.cpu_affinity(), os.sched_getscheduler(process.pid)
                environment, limits = process.environ(), process.rlimit(psutil.RLIMIT_NOFILE)
                return stopped, manner, environment, limits, Path(f"/proc/{process.pid}/oom_score_adj").read_text()
        except (psutil.Error, OSError):
            return "gone"


def _server(family: int, kind: int, place: tuple[str, int] | str) -> socket.socket:
    server = socket.socket(family, kind)
    server.bind(place)
    if kind == socket.SOCK_STREAM:
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 5) if family == socket.AF_INET else None
        server.listen()
    return server


def _was_reached(server: socket.socket) -> bool:
    try:
        if server.type == socket.SOCK_STREAM:
            server.accept()[0].close()
            return True
        return bool(server.recv(100))
    except BlockingIOError:
        return False


def _file_state(path: Path) -> object:
    status = path.lstat()
    content = path.read_bytes() if path.is_file() else None
    shown = status.st_mode, status.st_uid, status.st_gid, status.st_size, status.st_nlink
    return shown, status.st_mtime_ns, status.st_ctime_ns, content
