"""Sets for a while how much memory this process may have. The hard limit, set once for good, is in privileges."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def memory_limit(size: int | None) -> Iterator[None]:
    """Set the soft limit, and afterwards what it was before.

    Args:
        size: In bytes; None for as much as the hard limit allows.
    """
    before, most = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = most if size is None else size
    soft = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    resource.setrlimit(resource.RLIMIT_DATA, (soft, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (before, most))
