"""Runs the table without pytest: in whatever environment Python is started, with requirements.txt and nothing else.

    python -m tests.agent_core.sandbox.data_work [-v] [subject …]

With -v, it prints what the model is told of each snippet.
"""

import sys
from collections.abc import Sequence

from agent_core.memory.observation import observe
from tests.agent_core.sandbox.data_work import table
from tests.agent_core.sandbox.data_work.files import FILES


def main(arguments: Sequence[str]) -> int:
    """Print what is wrong. Returns the exit code: 0 if nothing is."""
    subjects = [name for name in arguments if not name.startswith("-")] or table.SUBJECTS
    wrong = _look_at_files() if set(subjects) == set(table.SUBJECTS) else 0
    for subject in subjects:
        wrong += _run(subject, verbose="-v" in arguments)
    count = sum(len(table.read_subject(subject)) for subject in subjects)
    if beyond := table.not_required():
        print(f"{len(beyond)} modules are installed that are not among the requirements; they were hidden.")
    print(f"{count} snippets, {len(FILES)} files: {wrong or 'nothing'} wrong")
    return 1 if wrong else 0


def _look_at_files() -> int:
    found = table.overviews()
    wrong = [file for file in FILES if not found[file.name].startswith(file.told)]
    for file in wrong:
        print(f"{file.name}: is told {found[file.name]!r} instead of {file.told!r}")
    return len(wrong)


def _run(subject: str, *, verbose: bool) -> int:
    snippets, outcome = table.read_subject(subject), table.run_subject(subject)
    wrong = 0
    for snippet in snippets:
        execution = outcome.executions[snippet.name]
        found = list(table.faults(snippet, execution))
        wrong += bool(found)
        if found or verbose:
            print(f"=== {subject}: {snippet.name} ({execution.seconds:.1f} s)", *found, sep="\n  ")
        if verbose:
            print(observe(execution))
    for module in table.not_required() & outcome.imported:
        wrong += 1
        print(f"{subject}: {module} was imported, and is not among the requirements")
    print(f"{subject}: {len(snippets)} snippets, {wrong or 'nothing'} wrong", flush=True)
    return wrong


sys.exit(main(sys.argv[1:]))
