import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from agent_core.sandbox import Limits, Policy, Sandbox
from tests.agent_core.sandbox.support import ENGINES

_NOBODY = 65534


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--engine", choices=list(ENGINES), help="where all sandboxes of these tests are; else here")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "here: looks into what only a sandbox of this machine has")
    if name := config.getoption("--engine", default=None):
        assert Sandbox.__init__.__kwdefaults__
        Sandbox.__init__.__kwdefaults__["engine"] = ENGINES[name]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--engine", default=None):
        items[:] = [item for item in items if not item.get_closest_marker("here")]


@pytest.fixture
async def own_box() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def box(own_box: Sandbox) -> Sandbox:
    """The test's own; some modules have it be the shared one for all but a few of their tests."""
    return own_box


@pytest.fixture(scope="module")
def box_of_the_module() -> Iterator[Sandbox]:
    sandbox = Sandbox()
    yield sandbox
    asyncio.run(sandbox.close())


@pytest.fixture
def shared_box(box_of_the_module: Sandbox) -> Sandbox:
    """For tests that do not mind the variables and files of earlier ones: each sandbox and import takes its time."""
    box = box_of_the_module
    box.policy, box.limits, box.tools = Policy(), Limits(), []
    box.grants.clear()
    return box


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Path]:
    """A folder with a canary, which has to be as it was in the end."""
    folder = tmp_path / "outside"
    folder.mkdir(mode=0o750)
    (folder / "canary").write_text("untouched")
    yield folder
    assert [path.name for path in folder.iterdir()] == ["canary"]
    assert (folder / "canary").read_text() == "untouched"
    assert folder.stat().st_mode & 0o777 == 0o750


@pytest.fixture
def ordinary() -> Iterator[Path]:
    """A folder of an ordinary user, who runs the test; "theirs" in it is another's and locked, if root made it."""
    user = os.geteuid()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "theirs").mkdir(mode=0o700)
        if user == 0:
            os.chown(folder, _NOBODY, -1)
            os.seteuid(_NOBODY)
        try:
            yield folder
        finally:
            os.seteuid(user)
