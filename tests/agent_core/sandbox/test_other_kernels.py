"""The whole corpus is refused also where other layers stand in for those that a kernel lacks."""

import json

import pytest

from agent_core.sandbox.guest.confinement import layer_names
from tests.agent_core.sandbox.other_kernel import run_on

# Hundreds of threads at once: where nobody is asked about each, they are counted 20 times a second, and on a busy
# machine less often; these may be over by then.
COUNTED = {"threads,-by-machine-code", "threads,-of-Python"}
# Makes all attempts but those on the time of the processor, which several at once take from each other, and prints the
# layers and what was not refused.
MAKE_ALL = """
import asyncio, json
from agent_core.sandbox import confinement
from tests.agent_core.sandbox.escapes.corpus import ATTEMPTS
from tests.agent_core.sandbox.escapes.making import UNSEEN, faults_of, secrets_of_the_app

with secrets_of_the_app():
    attempts = [attempt for attempt in ATTEMPTS if not attempt.subject.startswith("processor")]
    faults = asyncio.run(faults_of(attempts, 4, UNSEEN))
print(json.dumps([confinement.probe().holding, faults]))
"""


@pytest.mark.parametrize(
    ("preparation", "layer"),
    [
        ("kernel.no_landlock()", "file rules (mount namespace)"),
        ("kernel.supervised()", "process rules (seccomp)"),
        ("kernel.no_landlock(); kernel.no_notifications()", "file rules (mount namespace)"),
    ],
)
def test_all_attempts_are_refused(preparation: str, layer: str):
    holding, faults = json.loads(run_on(preparation, MAKE_ALL, seconds=500).splitlines()[-1])
    assert layer in holding
    noticed_later = COUNTED if layer_names.NO_FORKS in holding else set()
    assert {name: fault for name, fault in faults.items() if name not in noticed_later} == {}
