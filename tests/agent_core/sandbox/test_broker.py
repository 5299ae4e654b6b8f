"""What the broker opens for a worker, called in this process; and that its answers are the kernel's own."""

import ctypes
import errno
import os
import platform
import stat
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent_core.sandbox.guest.confinement import seccomp_rules
from agent_core.sandbox.guest.confinement.broker.caller import Callers
from agent_core.sandbox.guest.confinement.seccomp_rules import BROKERED
from tests.agent_core.sandbox.broker_fuzz import Fuzzer
from tests.agent_core.sandbox.brokered import AT_FDCWD, InBroker
from tests.agent_core.sandbox.filters import verdict

_SECRET = b"the secret"
_ROUNDS = 1500
_X86_64 = 0xC000_003E
_ALLOW, _NOTIFY, _UNKNOWN, _PRETENDED = 0x7FFF_0000, 0x7FC0_0000, 0x5_0000 | errno.ENOSYS, 0x5_0000
_ONLY_TELL = "stat lstat newfstatat statx access faccessat faccessat2 statfs"
_NAME_FILES = """
    chdir chroot mknod mknodat uselib acct swapon swapoff mount umount2 pivot_root quotactl bind connect execve execveat
    openat2 open_by_handle_at name_to_handle_at inotify_add_watch fanotify_mark chmod fchmodat fchmodat2 chown lchown
    fchownat utime utimes futimesat utimensat setxattr lsetxattr getxattr lgetxattr listxattr llistxattr removexattr
    lremovexattr setxattrat getxattrat listxattrat removexattrat open_tree open_tree_attr move_mount fsopen fspick
    fsconfig mount_setattr statmount listmount file_getattr file_setattr mq_open mq_unlink memfd_create
    io_uring_setup io_uring_enter io_uring_register pidfd_getfd
"""


@pytest.fixture
def places(tmp_path: Path) -> Iterator[Path]:
    """A workspace, a library that may be read, and what is outside; this process works in the workspace."""
    for name in ("workspace", "library", "outside"):
        (tmp_path / name).mkdir()
    (tmp_path / "outside" / "secret").write_bytes(_SECRET)
    (tmp_path / "library" / "module").write_text("import this")
    before, came_from = _state(tmp_path / "outside"), Path.cwd()
    os.chdir(tmp_path / "workspace")
    yield tmp_path
    os.chdir(came_from)
    assert _state(tmp_path / "outside") == before
    assert (tmp_path / "library" / "module").read_text() == "import this"


@pytest.fixture
def broker(places: Path) -> InBroker:
    return InBroker(places / "workspace", [places / "library", places / "nothing"])


def _state(folder: Path) -> dict[str, tuple[int, ...]]:
    found = {str(path): path.lstat() for path in (folder, *folder.rglob("*"))}
    return {name: (at.st_mode, at.st_size, at.st_nlink, at.st_mtime_ns, at.st_ctime_ns) for name, at in found.items()}


def _opened(broker: InBroker, path: str | Path, flags: int = os.O_RDONLY) -> bytes:
    """What an opened file holds, or the name of the errno."""
    try:
        opened = broker.open(path, flags)
    except OSError as error:
        return errno.errorcode[error.errno or 0].encode()
    with os.fdopen(opened, "rb") as file:
        return file.read()


def _refusal(broker: InBroker, name: str, *arguments: int | bytes) -> str:
    with pytest.raises(OSError) as caught:
        broker.call(name, *arguments)
    return errno.errorcode[caught.value.errno or 0]


@pytest.mark.parametrize("seed", range(4))
def test_its_answers_are_the_kernels(tmp_path: Path, seed: int):
    fuzzer = Fuzzer(tmp_path, seed)
    fuzzer.run(500)
    assert fuzzer.done > 20


def test_links_lead_to_whatever_may_be_read(broker: InBroker, places: Path):
    Path("library").symlink_to(places / "library")
    Path("up").symlink_to("../library/../library/module")
    Path("round").symlink_to(places / "workspace" / "up")
    for path in ("library/module", "up", "round", "library/../library/module", places / "workspace/../library/module"):
        assert _opened(broker, path) == b"import this"
    assert _opened(broker, "library/new", os.O_WRONLY | os.O_CREAT) == b"EACCES"
    assert _opened(broker, "up", os.O_WRONLY) == b"EACCES"
    assert _opened(broker, "up", os.O_RDONLY | os.O_TRUNC) == b"EACCES"


def test_a_link_from_what_may_be_read_leads_back_into_the_workspace(broker: InBroker, places: Path):
    (places / "library" / "back").symlink_to(places / "workspace" / "made")
    os.close(broker.open(places / "library" / "back", os.O_WRONLY | os.O_CREAT))
    assert Path("made").exists()


@pytest.mark.parametrize(
    "flags", [os.O_RDONLY, os.O_RDWR, os.O_WRONLY | os.O_CREAT, os.O_TMPFILE | os.O_RDWR, os.O_PATH]
)
def test_nothing_leads_outside(broker: InBroker, places: Path, flags: int):
    outside = places / "outside"
    Path("folder").symlink_to(outside)
    Path("file").symlink_to("../outside/secret")
    Path("new").symlink_to(outside / "new")
    inside = os.open("..", os.O_RDONLY)
    for path in (
        outside, outside / "secret", "folder/secret", "file", "../outside/secret", "folder", "/", "..", "/etc/passwd",
        f"/proc/self/fd/{inside}/outside/secret", f"/proc/{os.getpid()}/root{outside}/secret", "/proc/self/cwd/file",
        "/proc/self/maps", f"/dev/fd/{inside}/outside/secret", "/proc/1/environ",
    ):  # fmt: skip
        assert _opened(broker, path, flags) in (b"EACCES", b"ENOENT", b"ENOTDIR", b"EISDIR"), path
    os.close(inside)


def test_what_is_made_removed_and_renamed_stays_inside(broker: InBroker, places: Path):
    outside = os.fsencode(places / "outside")
    Path("d").symlink_to(outside)
    Path("mine").write_text("mine")
    for path in (outside, b"d", b"../outside", b"d/../outside"):
        secret, new = path + b"/secret", path + b"/new"
        assert _refusal(broker, "mkdirat", AT_FDCWD, new, 0o777) == "EACCES"
        assert _refusal(broker, "mkdirat", AT_FDCWD, secret, 0o777) == "EEXIST"
        assert _refusal(broker, "symlinkat", b"mine", AT_FDCWD, new) == "EACCES"
        assert _refusal(broker, "unlinkat", AT_FDCWD, secret, 0) == "EACCES"
        assert _refusal(broker, "unlinkat", AT_FDCWD, new, 0) == "ENOENT"
        assert _refusal(broker, "truncate", secret, 0) == "EACCES"
        for made in ("linkat", "renameat2"):
            assert _refusal(broker, made, AT_FDCWD, secret, AT_FDCWD, b"got", 0) == "EACCES"
            assert _refusal(broker, made, AT_FDCWD, b"mine", AT_FDCWD, new, 0) == "EACCES"
        assert _refusal(broker, "renameat2", AT_FDCWD, b"mine", AT_FDCWD, secret, 2) == "EACCES"
    Path("link").symlink_to(outside + b"/secret")
    assert _refusal(broker, "linkat", AT_FDCWD, b"link", AT_FDCWD, b"got", 0x400) == "EACCES"
    assert _refusal(broker, "rmdir", os.fsencode(places / "workspace")) == "EACCES"
    assert sorted(path.name for path in Path().iterdir()) == ["d", "link", "mine"]


def test_links_of_processes_are_read_of_the_own_one_only(broker: InBroker, places: Path):
    def read(path: str) -> bytes:
        room = ctypes.create_string_buffer(200)
        length = broker.call("readlinkat", AT_FDCWD, os.fsencode(path), room, 200)
        return room.raw[:length]

    Path("link").symlink_to("anywhere")
    assert read("link") == b"anywhere"
    assert read("/proc/self/cwd") == os.fsencode(places / "workspace")
    for path in (f"/proc/{os.getppid()}/cwd", "/proc/1/exe", f"/proc/self/root/proc/{os.getppid()}/cwd", "/proc/self"):
        assert _refusal(broker, "readlink", os.fsencode(path), b"room", 4) in ("EACCES", "ELOOP")


def test_a_file_of_an_open_descriptor_can_be_opened_anew(broker: InBroker):
    Path("mine").write_text("mine")
    with Path("mine").open() as file:
        assert _opened(broker, f"/proc/self/fd/{file.fileno()}") == b"mine"
        assert _opened(broker, f"/dev/fd/{file.fileno()}") == b"mine"


def test_devices_and_pipes_are_never_waited_for(broker: InBroker):
    os.mkfifo("pipe")
    os.close(broker.open("pipe"))
    assert _opened(broker, "pipe", os.O_WRONLY) == b"ENXIO"
    assert _opened(broker, "/dev/null", os.O_RDWR | os.O_CREAT | os.O_TRUNC) == b""
    assert _opened(broker, "/dev/null", os.O_WRONLY | os.O_CREAT | os.O_EXCL) == b"EEXIST"
    for path in ("/dev/null/x", "/dev/null/", "/dev/null/.", "/dev/null/..", "/dev/null/../null"):
        assert _opened(broker, path) == b"ENOTDIR"
    assert _opened(broker, "/dev/zero") == b"EACCES"


def test_what_is_made_has_the_callers_mode_and_none_that_gives_rights(broker: InBroker):
    before = os.umask(0o027)
    try:
        os.close(broker.open("file", os.O_CREAT | os.O_WRONLY, 0o6777))
        broker.call("mkdir", b"folder", 0o7777)
    finally:
        os.umask(before)
    assert stat.S_IMODE(Path("file").stat().st_mode) == 0o750
    assert stat.S_IMODE(Path("folder").stat().st_mode) == 0o1750


def test_a_caller_may_have_ended_meanwhile():
    """Nobody waits for the answer then. An error other than the kernel's would end the broker, and so the chat."""
    callers = Callers(lambda thread: os.open(f"/proc/{thread}/mem", os.O_RDWR), lambda: None)
    with subprocess.Popen(["true"]) as ended:
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        for ask in (lambda: callers.umask(ended.pid), lambda: callers.text(ended.pid, 4096)):
            with pytest.raises(OSError):
                ask()


def test_links_with_flags_that_it_does_not_know_are_not_made(broker: InBroker):
    Path("mine").write_text("mine")
    for flags in (0x1, 0x100, 0x1000):
        assert _refusal(broker, "linkat", AT_FDCWD, b"mine", AT_FDCWD, b"new", flags) == "EINVAL"


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers are those of one machine")
def test_every_call_that_names_a_file_is_made_by_it_or_refused():
    """Those that are newer than this test are as unknown to the filter as those of the next kernel."""
    allowing = seccomp_rules.allowing_program(truncate=True, chdir=False)
    asking = seccomp_rules.supervising_program(files=True)
    for name in (*BROKERED.split(), *_ONLY_TELL.split(), *_NAME_FILES.split()):
        number = seccomp_rules.number_of(name)
        if number < 0:
            continue  # libseccomp is older than the call
        is_allowed, is_asked = verdict(allowing, _X86_64, number) == _ALLOW, verdict(asking, _X86_64, number) == _NOTIFY
        assert is_allowed == (name not in _NAME_FILES.split()), name
        assert is_asked == (name in BROKERED.split()), name
    assert {verdict(allowing, _X86_64, number) for number in range(450, 600)} <= {_UNKNOWN, _PRETENDED}


def test_texts_that_are_none(broker: InBroker):
    assert _refusal(broker, "open", b"", 0, 0) == "ENOENT"
    assert _refusal(broker, "open", b"x" * 5000, 0, 0) == _refusal(broker, "open", b"x" * 4096, 0, 0) == "ENAMETOOLONG"
    assert _refusal(broker, "open", b"/" + b"x/" * 2047, 0, 0) == "ENOENT"
    for address in (0, 1, 2**47, 2**63, 2**64 - 1):
        assert _refusal(broker, "open", address, 0, 0) == "EFAULT"
    assert _refusal(broker, "openat", 999, b"x", 0, 0) == "EBADF"
    with Path("file").open("w") as file:
        assert _refusal(broker, "openat", file.fileno(), b"x", 0, 0) == "ENOTDIR"
    reading, writing = os.pipe()
    assert _refusal(broker, "openat", reading, b"x", 0, 0) == "ENOTDIR"
    for end in (reading, writing):
        os.close(end)


def test_folders_that_become_links_while_they_are_opened(broker: InBroker, places: Path):
    """A thread has a folder be a link to what is outside, and again not, while another opens and makes files in it."""
    Path("real/deep").mkdir(parents=True)
    Path("real/secret").write_text("mine")
    Path("link").symlink_to(places / "outside")
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            for old, new in (("real", "d"), ("d", "real"), ("link", "d"), ("d", "link")):
                Path(old).rename(new)

    swapping = threading.Thread(target=swap)
    swapping.start()
    outcomes = set[bytes]()
    try:
        for _ in range(_ROUNDS):
            outcomes.add(_opened(broker, "d/secret"))
            outcomes.add(_opened(broker, "d/deep/../secret", os.O_RDWR))
            for name, *arguments in (("unlink", b"d/gone"), ("mkdir", b"d/new", 0o777), ("rmdir", b"d/new")):
                try:
                    broker.call(str(name), *arguments)  # pyright: ignore[reportArgumentType]
                except OSError as error:
                    outcomes.add(errno.errorcode[error.errno or 0].encode())
    finally:
        stop.set()
        swapping.join()
    assert b"mine" in outcomes
    assert outcomes <= {b"mine", b"EACCES", b"ENOENT", b"EEXIST"}


def test_a_path_that_changes_while_it_is_judged(broker: InBroker, places: Path):
    Path("mine").write_text("mine")
    good, bad = (os.fsencode(places / name) + b"\0" for name in ("workspace/mine", "outside/secret"))
    text = ctypes.create_string_buffer(max(len(good), len(bad)) + 1)
    stop = threading.Event()

    def change() -> None:
        while not stop.is_set():
            for value in (good, bad):
                ctypes.memmove(text, value, len(value))

    changing = threading.Thread(target=change)
    changing.start()
    found = set[bytes]()
    try:
        for _ in range(_ROUNDS):
            try:
                with os.fdopen(broker.call("open", text, os.O_RDONLY, 0), "rb") as file:
                    found.add(file.read())
            except OSError as error:
                found.add(errno.errorcode[error.errno or 0].encode())
    finally:
        stop.set()
        changing.join()
    assert found <= {b"mine", b"EACCES", b"ENOENT"}
