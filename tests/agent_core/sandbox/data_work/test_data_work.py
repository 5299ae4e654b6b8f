"""What people bring to a notebook works here: the table of data work, in the real sandbox."""

from collections.abc import Iterator

import pytest

from agent_core.sandbox.host import file_overview
from tests.agent_core.sandbox.data_work import table
from tests.agent_core.sandbox.data_work.files import FILES, DataFile

ENTRIES = [
    pytest.param(subject, snippet, id=f"{subject}: {snippet.name}")
    for subject in table.SUBJECTS
    for snippet in table.read_subject(subject)
]


@pytest.mark.parametrize(("subject", "snippet"), ENTRIES)
def test_a_snippet(subject: str, snippet: table.Snippet):
    execution = table.run_subject(subject).executions[snippet.name]
    assert list(table.faults(snippet, execution)) == [], execution


@pytest.fixture(scope="module", autouse=True)
def unhurried() -> Iterator[None]:
    """All files are looked at in one go, which a busy machine may not do in two seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(file_overview, "SECONDS", 60.0)
        yield


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_that_comes_with_a_question(file: DataFile):
    assert table.overviews()[file.name].startswith(file.told)


@pytest.mark.parametrize("subject", table.SUBJECTS)
def test_nothing_is_needed_but_the_requirements(subject: str):
    assert not table.not_required() & table.run_subject(subject).imported


def test_the_table_is_large_enough():
    assert len(ENTRIES) >= 120
    assert len(FILES) >= 25
