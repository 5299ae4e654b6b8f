"""The app's zygote, from which every worker is forked. See `guest/zygote.py` for the other side."""

import atexit
import itertools
import json
import os
import signal
import site
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any

from agent_core.errors import SandboxError
from agent_core.sandbox.confinement import allowed_unconfined, probe
from agent_core.sandbox.guest import libc, measure

_GONE = "The sandbox's parent process has ended. The next step starts a new one."
_SOURCE = Path(__file__).parents[3]
_LAUNCH = """
import sys
_, folder, control, hidden, mode, files, processes, *packages = sys.argv
sys.path.insert(0, folder)
from guest.confinement.layer_names import LayerChoice
from guest.zygote import main
del sys.path[0]
sys.path += packages
main(int(control), hidden, LayerChoice(files, processes), unconfined=mode == "unconfined")
"""


class ZygoteGone(SandboxError):
    """The zygote died before it answered."""


class ZygoteProcess:
    """The zygote, which is started when it is first needed, and again after it has died. Works under any event loop.

    Attributes:
        process: The running process; None if there is none.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self.process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._listener: threading.Thread | None = None  # reads the answers, and waits for the end of the process
        self._numbers = itertools.count(1)
        self._waiting: dict[int, Future[dict[str, Any]]] = {}  # the requests to the current process, by number

    def request(self, do: str, group: int, descriptors: Sequence[int] = (), **data: Any) -> Future[dict[str, Any]]:
        """Send a request; start the zygote if there is none.

        Args:
            do: What to do.
            group: The number of the chat's process group.
            descriptors: Descriptors to send with it.
            **data: Further data of the request.

        Returns:
            A future of the answer. It raises ZygoteGone if the zygote dies before it answers.

        Raises:
            SandboxError: The zygote cannot be started.
        """
        with self._lock:
            number, answer = next(self._numbers), Future[dict[str, Any]]()
            answer.set_running_or_notify_cancel()  # cannot be cancelled from here on: the answer will come
            try:
                if self._control is None:
                    self._start()
                request = {"id": number, "do": do, "group": group, **data}
                self._waiting[number] = answer  # before it is sent: the listener does not wait
                if not self._sent(request, descriptors):
                    del self._waiting[number]
                    self._start()
                    self._waiting[number] = answer
                    self._send(request, descriptors)
            except OSError as error:
                self._waiting.pop(number, None)
                raise SandboxError(f"No new sandbox could be started: {error.strerror}.") from error
        return answer

    def notify(self, do: str, group: int, **data: Any) -> None:
        """Send a request whose answer does not matter. If there is no zygote, do nothing."""
        with self._lock, suppress(OSError):
            if self._control:
                self._send({"id": 0, "do": do, "group": group, **data}, ())

    def close(self) -> None:
        """End the zygote and all workers."""
        with self._lock:
            process, control, listener = self.process, self._control, self._listener
            self.process = self._control = None
        if control and process and listener:
            with suppress(OSError):  # the zygote has died
                control.shutdown(socket.SHUT_RDWR)
            listener.join(timeout=5)
            if listener.is_alive():
                process.kill()
                listener.join()

    def _send(self, request: dict[str, Any], descriptors: Sequence[int]) -> None:
        assert self._control is not None
        socket.send_fds(self._control, [json.dumps(request).encode()], descriptors)

    def _sent(self, request: dict[str, Any], descriptors: Sequence[int]) -> bool:
        """Send a request. Returns False if the zygote has just died, and its listener has yet to say so."""
        assert self._control is not None
        try:
            self._send(request, descriptors)
        except ConnectionError:
            return False
        except OSError:
            if self._control.fileno() >= 0:
                raise
            return False
        return True

    def _start(self) -> None:
        _protect_memory()
        ours, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        directory = str(Path(__file__).parents[1])
        packages = [site.getusersitepackages()] if site.ENABLE_USER_SITE else []
        mode = "unconfined" if allowed_unconfined() else "confined"
        command = [sys.executable, "-I", "-c", _LAUNCH, directory, str(theirs.fileno()), _hidden_source(), mode]
        command += [*probe().choice, *packages]
        with theirs:
            process = subprocess.Popen(
                command,
                env=_environment(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        self.process, self._control, self._waiting = process, ours, {}
        arguments = (process, ours, self._waiting)
        self._listener = threading.Thread(target=self._listen, args=arguments, daemon=True, name="zygote")
        self._listener.start()

    def _listen(
        self, process: subprocess.Popen[bytes], control: socket.socket, waiting: dict[int, Future[dict[str, Any]]]
    ) -> None:
        """Distribute the answers until the zygote is gone."""
        with control:
            while message := _receive(control):
                answer = json.loads(message)
                if asked := waiting.pop(answer.pop("id"), None):
                    asked.set_result(answer)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        _end_session(process.pid)  # its id is not reused before it has been waited for
        process.wait()
        with self._lock:
            if self.process is process:
                self.process = self._control = None
            for asked in waiting.values():
                asked.set_exception(ZygoteGone(_GONE))


def _hidden_source() -> str:
    """Return the folder with the app's source, which no worker may read; "" if agent_core is installed as a package.

    An installed package lies among the libraries, which workers must read.
    """
    is_installed = any(_SOURCE.glob("glassbox-*.dist-info"))
    return "" if is_installed else str(_SOURCE)


def _receive(control: socket.socket) -> bytes:
    try:
        return control.recv(2**16)
    except OSError:
        return b""


def _protect_memory() -> None:
    """Keep other processes of this user from reading the app's memory and environment, where the keys are."""
    with suppress(OSError):
        libc.prctl(libc.PR_SET_DUMPABLE, 0)


def _end_session(session: int) -> None:
    """Kill the workers of a zygote that died before them. They cannot leave its session."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                if measure.session(int(entry.name)) == session:
                    os.kill(int(entry.name), signal.SIGKILL)


def _environment() -> dict[str, str]:
    """Return the environment of the zygote and its workers. It holds nothing of the app's own."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": "/nonexistent",
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": str(_cache() / "glassbox"),  # building its font list takes seconds
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    }


def _cache() -> Path:
    """Return the folder for what can be made anew: the user's, which the home directory of a container may not be."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()


zygote = ZygoteProcess()
atexit.register(zygote.close)
