"""The kernel layers that hold the worker: Landlock, seccomp and what goes with them belong here.

None is in place yet: a worker is a process of its own with a clean environment and limits, but it can reach whatever
the user who runs the app can reach. Whoever shows a sandbox to people says so while `layers()` is empty.
"""


def layers() -> tuple[str, ...]:
    """The names of the layers that hold on this machine."""
    return ()
