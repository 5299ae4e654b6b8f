"""Reading what lies outside the workspace and the interpreter's libraries."""

from tests.agent_core.sandbox.escapes.attempt import REFUSED, Attempt

_SUBJECT = "files: read"

ATTEMPTS = (
    Attempt(_SUBJECT, "open", "return open(canary.secret).read()", "landlock"),
    Attempt(
        _SUBJECT,
        "openat by number",
        "return os.read(call('openat', AT_FDCWD, canary.secret, os.O_RDONLY, 0), 100)",
        "landlock",
    ),
    Attempt(
        _SUBJECT,
        "openat2, a call the filter does not know",
        """
        how = struct.pack("QQQ", os.O_RDONLY, 0, 0)
        return os.read(call("openat2", AT_FDCWD, canary.secret, how, len(how)), 100)
        """,
        "seccomp+landlock",
    ),
    Attempt(
        _SUBJECT,
        "int 0x80, the 32-bit open",
        """
        # ebx must hold a 32-bit address: the path is put at 2**16 pages
        low = libc.mmap(ctypes.c_void_p(2**28), 4096, 3, 0x100022, -1, 0)
        ctypes.memmove(low, os.fsencode(canary.secret) + bytes(1), len(canary.secret) + 1)
        code = b"\\x53\\x89\\xfb\\x31\\xc9\\xb8\\x05\\x00\\x00\\x00\\xcd\\x80\\x5b\\x48\\x98\\xc3"
        result = machine(code, low)
        if result < 0:
            raise OSError(-result, "refused")
        return os.read(result, 100)
        """,
        "seccomp+notify+landlock",
        ends=(*REFUSED, "crash"),
    ),
    Attempt(
        _SUBJECT,
        "a call of the x32 table",
        "return os.read(call(NUMBERS['openat'] | 0x4000_0000, AT_FDCWD, canary.secret, os.O_RDONLY, 0), 100)",
        "seccomp+landlock",
        ends=(*REFUSED, "crash"),
        harm="most kernels have no x32 table, so that nothing is to be seen without the layer",
    ),
    Attempt(
        _SUBJECT,
        "a symbolic link in the workspace",
        "os.symlink(canary.secret, 'innocent')\nreturn open('innocent').read()",
        "landlock",
    ),
    Attempt(
        _SUBJECT,
        "a hard link in the workspace",
        "call('linkat', AT_FDCWD, canary.secret, AT_FDCWD, 'hard', 0)\nreturn open('hard').read()",
        "landlock",
        ends=(*REFUSED, "EXDEV"),
    ),
    Attempt(
        _SUBJECT,
        "moved into the workspace",
        "call('renameat2', AT_FDCWD, canary.secret, AT_FDCWD, 'moved', 0)\nreturn open('moved').read()",
        "seccomp+landlock",
        ends=(*REFUSED, "EXDEV"),
    ),
    Attempt(
        _SUBJECT,
        "by the root that /proc shows",
        "return open(f'/proc/self/root{canary.secret}').read()",
        "landlock",
    ),
    Attempt(
        _SUBJECT,
        "an O_PATH descriptor opened again",
        """
        handle = call("openat", AT_FDCWD, canary.secret, os.O_PATH, 0)
        return open(f"/proc/self/fd/{handle}").read()
        """,
        "landlock",
    ),
    Attempt(
        _SUBJECT,
        "relative to an O_PATH folder",
        """
        folder = os.open(canary.folder, os.O_PATH)
        return os.read(call("openat", folder, "secret.txt", os.O_RDONLY, 0), 100)
        """,
        "landlock",
    ),
    Attempt(
        _SUBJECT,
        "up from the workspace",
        "return open('../' * 30 + canary.secret).read()",
        "landlock",
    ),
    Attempt(
        _SUBJECT,
        "by file handle",
        """
        handle = ctypes.create_string_buffer(struct.pack("Ii", 128, 0), 136)
        mount = ctypes.c_int()
        call("name_to_handle_at", AT_FDCWD, canary.secret, handle, ctypes.byref(mount), 0)
        folder = os.open(canary.folder, os.O_PATH)
        return os.read(call("open_by_handle_at", os.open(canary.workspace, os.O_RDONLY), handle, os.O_RDONLY), 100)
        """,
        "seccomp+capabilities+landlock",
        harm="without root there is no such power to lift the layer from",
    ),
    Attempt(_SUBJECT, "the names in a folder", "return os.listdir(canary.folder)", "landlock"),
    Attempt(
        _SUBJECT,
        "getdents64 by number",
        """
        folder = call("openat", AT_FDCWD, canary.folder, os.O_RDONLY | os.O_DIRECTORY, 0)
        names = ctypes.create_string_buffer(4096)
        return names.raw[: call("getdents64", folder, names, 4096)]
        """,
        "landlock",
    ),
    Attempt(_SUBJECT, "the source of the app", "return open(canary.source).read(200)", "landlock"),
    Attempt(_SUBJECT, "a file of the system", "return len(open('/etc/passwd').read())", "landlock"),
    Attempt(
        _SUBJECT,
        "an extended attribute",
        """
        text = ctypes.create_string_buffer(100)
        call("getxattr", canary.secret, "user.note", text, 100)
        return text.value
        """,
        "seccomp",
        ends=(*REFUSED, "ENOTSUP"),
    ),
    Attempt(
        _SUBJECT,
        "an extended attribute, by a newer call",
        """
        text = ctypes.create_string_buffer(100)
        wanted = struct.pack("QII", ctypes.addressof(text), 100, 0)
        call("getxattrat", AT_FDCWD, canary.secret, 0, "user.note", wanted, len(wanted))
        return text.value
        """,
        "seccomp",
    ),
    Attempt(
        _SUBJECT,
        "watching a folder",
        "return call('inotify_add_watch', call('inotify_init1', 0), canary.folder, 0xFFF)",
        "seccomp+landlock",
    ),
    Attempt(
        _SUBJECT,
        "watching a file system",
        "return call('fanotify_init', 0x200, os.O_RDONLY)",
        "seccomp",
    ),
    Attempt(
        _SUBJECT,
        "the disk itself",
        """
        devices = [f"/dev/{name}" for name in ("vda", "sda", "nvme0n1", "mmcblk0", "xvda", "mem")]
        for device in devices:
            try:
                return call("openat", AT_FDCWD, device, os.O_RDONLY, 0)
            except FileNotFoundError:
                pass
        raise PermissionError(errno.EACCES, "no disk is seen")
        """,
        "landlock",
        harm="the disk is a real one",
    ),
    Attempt(
        _SUBJECT,
        "a device of its own for the disk",
        "return call('mknodat', AT_FDCWD, 'disk', 0o60600, canary.device)",
        "seccomp+landlock+capabilities",
        harm="the disk is a real one",
    ),
)
