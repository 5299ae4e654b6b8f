"""Files on their way into a workspace."""

from pathlib import Path

from agent_core.files import take_in
from agent_core.sandbox import Limits


def test_a_long_name_of_wide_characters_is_taken_twice(tmp_path: Path):
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    given = tmp_path / f"{'字' * 84}.md"
    given.write_text("x")
    names = [take_in([given], workspace, Limits())[0].name for _ in range(2)]
    assert names[0] != names[1]
    assert all((workspace / name).read_text() == "x" for name in names)
