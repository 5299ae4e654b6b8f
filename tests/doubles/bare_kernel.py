"""Runs a program as on a kernel that can hold no code: no Landlock, no notification of calls, no namespaces.

`python -m tests.doubles.bare_kernel app.py`; a filter answers the calls, for the program and all that comes from it.
"""

import errno
import runpy
import sys

from pyseccomp import ALLOW, ERRNO, MASKED_EQ, Arg, SyscallFilter

_NEW_USER = 0x1000_0000  # CLONE_NEWUSER


def hide_all() -> None:
    """Have the kernel hide, from this process on, all that could hold code."""
    rules = SyscallFilter(ALLOW)
    for call in ("landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "seccomp"):
        rules.add_rule(ERRNO(errno.ENOSYS), call)
    rules.add_rule(ERRNO(errno.EPERM), "unshare")
    rules.add_rule(ERRNO(errno.EPERM), "clone", Arg(0, MASKED_EQ, _NEW_USER, _NEW_USER))
    rules.load()


if __name__ == "__main__":
    hide_all()
    sys.argv = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")
