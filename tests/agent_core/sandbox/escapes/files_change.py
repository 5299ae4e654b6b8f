"""Writing, creating and changing outside the workspace. The canaries tell: a folder and all that stat shows of it."""

from tests.agent_core.sandbox.escapes.attempt import REFUSED, Attempt

_WRITE = "files: write"
_CREATE = "files: create"
_CHANGE = "files: change"
_PRETENDED = (*REFUSED, "pretended")
_ATTRIBUTE = (*REFUSED, "ENOTSUP")

ATTEMPTS = (
    Attempt(_WRITE, "open", "return open(canary.precious, 'w').write('hacked')", "landlock"),
    Attempt(
        _WRITE,
        "openat by number",
        "return os.write(call('openat', AT_FDCWD, canary.precious, os.O_WRONLY | os.O_APPEND, 0), b'hacked')",
        "landlock",
    ),
    Attempt(_WRITE, "truncate by number", "return call('truncate', canary.precious, 0)", "landlock"),
    Attempt(
        _WRITE,
        "through a linked folder",
        "os.symlink(canary.folder, 'linked')\nreturn open('linked/precious.txt', 'a').write('hacked')",
        "landlock",
    ),
    Attempt(
        _WRITE,
        "a read-only descriptor opened again for writing",
        """
        handle = call("openat", AT_FDCWD, canary.precious, os.O_PATH, 0)
        return os.write(os.open(f"/proc/self/fd/{handle}", os.O_WRONLY), b"hacked")
        """,
        "landlock",
    ),
    Attempt(
        _WRITE,
        "a setting of the kernel",
        "return os.open('/proc/sys/kernel/core_pattern', os.O_WRONLY)",
        "landlock",
        harm="it would change the machine",
    ),
    Attempt(
        _WRITE,
        "its own place in the queue for being killed",
        "return open('/proc/self/oom_score_adj', 'w').write('500')",
        "landlock",
    ),
    Attempt(_CREATE, "open", "return open(f'{canary.folder}/new', 'w').write('hacked')", "landlock"),
    Attempt(
        _CREATE,
        "openat2 by number",
        """
        how = struct.pack("QQQ", os.O_WRONLY | os.O_CREAT, 0o600, 0)
        return call("openat2", AT_FDCWD, f"{canary.folder}/new", how, len(how))
        """,
        "seccomp+landlock",
    ),
    Attempt(
        _CREATE,
        "a program that runs with the rights of the app's user",
        "return call('openat', AT_FDCWD, 'own', os.O_CREAT | os.O_RDWR, 0o4777)",
        "seccomp",
    ),
    Attempt(_CREATE, "a folder", "return call('mkdirat', AT_FDCWD, f'{canary.folder}/new', 0o700)", "landlock"),
    Attempt(_CREATE, "a symbolic link", "return call('symlinkat', 'x', AT_FDCWD, f'{canary.folder}/new')", "landlock"),
    Attempt(
        _CREATE,
        "a hard link to a file of its own",
        "open('own', 'w').close()\nreturn call('linkat', AT_FDCWD, 'own', AT_FDCWD, f'{canary.folder}/new', 0)",
        "landlock",
        ends=(*REFUSED, "EXDEV"),
    ),
    Attempt(
        _CREATE,
        "a pipe with a name",
        "return call('mknodat', AT_FDCWD, f'{canary.folder}/new', 0o10600, 0)",
        "seccomp+landlock",
    ),
    Attempt(
        _CREATE,
        "a socket with a name",
        """
        import _socket
        return _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM).bind(f"{canary.folder}/new")
        """,
        "seccomp+landlock",
    ),
    Attempt(
        _CREATE,
        "a file without a name, named later",
        """
        handle = call("openat", AT_FDCWD, canary.folder, os.O_TMPFILE | os.O_WRONLY, 0o600)
        return call("linkat", AT_FDCWD, f"/proc/self/fd/{handle}", AT_FDCWD, f"{canary.folder}/new", 0x400)
        """,
        "landlock",
    ),
    Attempt(
        _CREATE,
        "moved out of the workspace",
        "open('own', 'w').close()\nreturn os.rename('own', f'{canary.folder}/new')",
        "landlock",
        ends=(*REFUSED, "EXDEV"),
    ),
    Attempt(_CREATE, "in shared memory", "return os.open(canary.shared, os.O_CREAT | os.O_RDWR, 0o600)", "landlock"),
    Attempt(_CHANGE, "remove", "return call('unlinkat', AT_FDCWD, canary.precious, 0)", "landlock"),
    Attempt(_CHANGE, "rename", "return call('rename', canary.precious, canary.precious + '.old')", "landlock"),
    Attempt(
        _CHANGE,
        "exchange with a file of its own",
        "open('own', 'w').close()\nreturn call('renameat2', AT_FDCWD, 'own', AT_FDCWD, canary.precious, 2)",
        "seccomp+landlock",
        ends=(*REFUSED, "EXDEV"),
    ),
    Attempt(_CHANGE, "mode", "return os.chmod(canary.precious, 0o777)", "seccomp", ends=_PRETENDED),
    Attempt(
        _CHANGE,
        "mode by number",
        "return call('fchmodat', AT_FDCWD, canary.precious, 0o777)",
        "seccomp",
        ends=_PRETENDED,
    ),
    Attempt(
        _CHANGE,
        "mode by a newer call",
        "return call('fchmodat2', AT_FDCWD, canary.precious, 0o777, 0)",
        "seccomp",
        ends=_PRETENDED,
    ),
    Attempt(
        _CHANGE,
        "mode of a library by a descriptor",
        """
        library = os.open(canary.library, os.O_RDONLY)
        return call("fchmod", library, os.fstat(library).st_mode & 0o7777)
        """,
        "seccomp",
        ends=_PRETENDED,
    ),
    Attempt(
        _CHANGE,
        "owner by number",
        "return call('fchownat', AT_FDCWD, canary.precious, os.getuid(), os.getgid(), 0)",
        "seccomp",
        ends=_PRETENDED,
    ),
    Attempt(_CHANGE, "times", "return os.utime(canary.precious, (1, 1))", "seccomp", ends=_PRETENDED),
    Attempt(
        _CHANGE,
        "times by number",
        "return call('utimensat', AT_FDCWD, canary.precious, None, 0)",
        "seccomp",
        ends=_PRETENDED,
    ),
    Attempt(
        _CHANGE,
        "an extended attribute",
        "return os.setxattr(canary.precious, 'user.hacked', b'1')",
        "seccomp",
        ends=_ATTRIBUTE,
    ),
    Attempt(
        _CHANGE,
        "an extended attribute by number",
        "return call('lsetxattr', canary.precious, 'user.hacked', b'1', 1, 0)",
        "seccomp",
        ends=_ATTRIBUTE,
    ),
    Attempt(
        _CHANGE,
        "an extended attribute by a newer call",
        """
        text = ctypes.create_string_buffer(b"hacked")
        wanted = struct.pack("QII", ctypes.addressof(text), 6, 0)
        return call("setxattrat", AT_FDCWD, canary.precious, 0, "user.hacked", wanted, len(wanted))
        """,
        "seccomp",
    ),
    Attempt(
        _CHANGE,
        "flags of a library's inode",
        """
        library, flags = os.open(canary.library, os.O_RDONLY), ctypes.c_long()
        call("ioctl", library, 0x80086601, ctypes.byref(flags))
        flags.value |= 0x80  # no access times
        return call("ioctl", library, 0x40086602, ctypes.byref(flags))
        """,
        "seccomp",
    ),
    Attempt(
        _CHANGE,
        "flags of an inode by a newer call",
        """
        wanted = struct.pack("QIIIIQ", 0x40, 0, 0, 0, 0, 0)[:24]
        return call("file_setattr", AT_FDCWD, canary.precious, wanted, len(wanted), 0)
        """,
        "seccomp",
    ),
    Attempt(
        _CHANGE,
        "a lease that holds up whoever writes a library",
        "return call('fcntl', os.open(canary.library, os.O_RDONLY), 1024, 0)",
        "seccomp",
    ),
    Attempt(
        _CHANGE,
        "a terminal of its own",
        "return call('openat', AT_FDCWD, '/dev/ptmx', os.O_RDWR | os.O_NOCTTY, 0)",
        "landlock",
    ),
)
