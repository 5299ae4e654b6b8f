"""The worker's side of the file layer that a broker holds."""

import errno
import os
from collections.abc import Sequence

from . import working_folder


class BrokerRules:
    """The broker's rules as one worker has them: what it may open, the broker has been told.

    Args:
        readable: Paths that may be read; not needed here.
    """

    def __init__(self, readable: Sequence[str]) -> None:
        pass

    def restrict(self, workspace: str) -> None:
        """Make sure that a broker answers. Its filter must be loaded already.

        Raises:
            OSError: This process can open what it must not, or not what it must.
        """
        working_folder.install()
        os.close(os.open(workspace, os.O_RDONLY))
        try:
            os.close(os.open("/", os.O_RDONLY))
        except PermissionError:
            return
        raise OSError(errno.EPERM, "Nobody is asked about calls on files")
