"""The files on one side of a connection."""

from pathlib import Path

import pytest

from agent_core.sandbox.remote.frames import Stamp
from agent_core.sandbox.remote.mirror import Mirror

pytestmark = pytest.mark.here


def test_nothing_is_left_of_a_file_that_cannot_be_put_into_place(tmp_path: Path):
    (tmp_path / "folder").mkdir()
    sink = Mirror(tmp_path).sink("folder", Stamp(size=1, modified=1))
    sink.write(b"x")
    with pytest.raises(OSError, match="directory"):
        sink.write(b"")
    assert [path.name for path in tmp_path.rglob("*")] == ["folder"]
