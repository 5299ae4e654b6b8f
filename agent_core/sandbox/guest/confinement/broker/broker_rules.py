"""The worker's side of the file layer that a broker holds."""

import errno
import os
from collections.abc import Sequence

from . import beneath, working_folder


class BrokerRules:
    """The broker's rules as one worker has them: what it may open, the broker has been told.

    Args:
        readable: Paths that may be read; not needed here.
    """

    def __init__(self, readable: Sequence[str]) -> None:
        pass

    def restrict(self, workspace: str) -> None:
        """Make sure that a broker answers, and that there is no way around it. Both filters must be loaded already.

        Raises:
            OSError: This process can open what it must not, or not what it must.
        """
        working_folder.install()
        os.close(os.open(workspace, os.O_RDONLY))
        for open_folder in (os.open, beneath.open_any):  # the second by a call that no broker is asked about
            try:
                os.close(open_folder(b"/", os.O_RDONLY))
            except OSError:
                continue
            raise OSError(errno.EPERM, "Files can be opened without a broker's being asked")
