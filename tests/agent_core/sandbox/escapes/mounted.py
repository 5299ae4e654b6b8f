"""Attempts on a tree of files of one's own: out of it, through it, and at what it is made of.

They are for a worker in a mount namespace, and are made without the system-call filter too: what a worker cannot do
there must not rest on the filter alone.
"""

from tests.agent_core.sandbox.escapes.attempt import REFUSED, Attempt
from tests.agent_core.sandbox.escapes.making import UNSEEN

_SUBJECT = "tree of files"
_ENDS = (*REFUSED, *UNSEEN, "EXDEV", "EINVAL", "EBUSY")
_REMOUNT, _BIND, _DETACH, _NEW_USER_AND_MOUNTS = 32, 4096, 2, 0x1002_0000

# What each does; it returns if it got through.
_CODES = {
    "the root of a process": "return open('/proc/self/root' + canary.secret).read()",
    "the root of another process": "return open(f'/proc/{canary.pid}/root' + canary.secret).read()",
    "above the root": "os.chdir('/'); os.chdir('../../..'); return open('../../..' + canary.secret).read()",
    "above the workspace": "return open('../' * 20 + canary.secret.lstrip('/')).read()",
    "a handle on the root": """
        handle = os.open("/", os.O_PATH | os.O_DIRECTORY)
        above = os.open("..", os.O_PATH | os.O_DIRECTORY, dir_fd=handle)
        return os.open(canary.secret.lstrip("/"), os.O_RDONLY, dir_fd=above)
        """,
    "beside the workspace": """
        known = {os.path.basename(path) for path in (canary.workspace, os.path.dirname(canary.library))}
        beside = set(os.listdir(os.path.dirname(canary.workspace))) - known
        if not beside:
            raise PermissionError(errno.EACCES, "there is nothing")
        return beside
        """,
    "whether a file exists": "return os.stat(canary.secret).st_size",
    "a file beside a library": "return open(canary.library + '.new', 'w').name",
    "a folder in the root": "return os.mkdir('/hacked')",
    "over a library": "return os.open(canary.library, os.O_WRONLY)",
    "a library by another name": "return os.link(canary.library, 'mine')",
    "a library that can be written to": f"return call('mount', 0, '/usr/lib', 0, {_REMOUNT | _BIND}, 0)",
    "a root that can be written to": f"return call('mount', 0, '/', 0, {_REMOUNT | _BIND}, 0)",
    "below a mount": f"return call('umount2', '/usr/lib', {_DETACH})",
    "below the workspace's mount": f"return call('umount2', canary.workspace, {_DETACH})",
    "below the root": f"return call('umount2', '/', {_DETACH})",
    "a process file system": "return call('mount', 'proc', canary.workspace, 'proc', 0, 0)",
    "another root": "return call('pivot_root', '.', '.')",
    "chroot": "os.mkdir('r'); call('chroot', 'r'); return open('../../../../..' + canary.secret).read()",
    "another's namespace": "return call('setns', os.open(f'/proc/{canary.pid}/ns/mnt', os.O_RDONLY), 0)",
    "a namespace within, to write to a library": f"""
        call("unshare", {_NEW_USER_AND_MOUNTS})
        call("mount", 0, "/usr/lib", 0, {_REMOUNT | _BIND}, 0)
        return "writable"
        """,
    "a namespace within, to look below a mount": f"""
        call("unshare", {_NEW_USER_AND_MOUNTS})
        call("umount2", "/usr/lib", {_DETACH})
        return "umounted"
        """,
}
ATTEMPTS = tuple(Attempt(_SUBJECT, name, code, "mounts", ends=_ENDS) for name, code in _CODES.items())
