"""A chat with a broker, on a kernel without Landlock and in a container: what one chat does, no other one notices."""

import json

from agent_core.sandbox.aftermath import LOST_BEFORE
from tests.agent_core.sandbox.other_kernel import run_on

_PREPARATION = "kernel.container(); kernel.no_landlock()"
_PROGRAM = """
import asyncio, json, os, signal, time
import psutil
from agent_core.sandbox import Policy, Sandbox

FLOOD = '''
import os, threading, time
end = time.monotonic() + 3
def flood():
    while time.monotonic() < end:
        for path in ("/etc/passwd", "nothing", "/proc/self/root/" + "x/" * 2000, __file__):
            try: os.close(os.open(path, 0))
            except OSError: pass
threads = [threading.Thread(target=flood) for _ in range(20)]
[thread.start() for thread in threads], [thread.join() for thread in threads]
'''
PLACES = '''
import os
said = []
for go in (lambda: os.chdir("/proc/%d/cwd"), lambda: os.chdir("/"), lambda: os.readlink("/proc/%d/cwd"),
           lambda: os.stat("/").st_ino > 0 and os.chdir(os.open("/", os.O_PATH))):
    try:
        go()
        said.append(os.getcwd())
    except OSError as error:
        said.append(type(error).__name__)
os.mkdir("below"); os.chdir("below"); said.append(os.path.basename(os.getcwd())); os.chdir("..")
said
'''
SIGNALS = '''
import os, signal
signal.signal(signal.SIGALRM, lambda *_: None)
signal.setitimer(signal.ITIMER_REAL, 0.0003, 0.0003)
wrong = 0
for number in range(1500):
    try:
        os.mkdir(f"m{number}")
        os.rmdir(f"m{number}")
    except InterruptedError:  # it was not made
        pass
    except OSError:
        wrong += 1
signal.setitimer(signal.ITIMER_REAL, 0)
wrong
'''
MANY = '''
import os
kept = []
try:
    while True: kept.append(os.open("/dev/null", 0))
except OSError as error:
    said = error.errno
[os.close(one) for one in kept]
said, 200 < len(kept) < 256, os.umask(0o77), os.close(os.open("own", os.O_CREAT, 0o666)), oct(os.stat("own").st_mode)
'''

def broker_of(worker):
    # The process of its group that is no descendant of the worker, and was forked after it.
    group = [process for process in psutil.Process().children(recursive=True) if os.getpgid(process.pid) == worker]
    below = {worker, *[process.pid for process in psutil.Process(worker).children(recursive=True)]}
    (broker,) = [process for process in group if process.pid not in below]
    return broker

async def value(box, code):
    done = await box.run(code)
    return done.error.message if done.error else done.value

async def main():
    said = {}
    async with Sandbox(policy=Policy(["*"])) as box, Sandbox(policy=Policy(["*"])) as other:
        worker = int(await value(box, "import os; os.getpid()"))
        flood = asyncio.create_task(box.run(FLOOD))
        await asyncio.sleep(0.5)
        steps = 0
        while not flood.done():
            assert await value(other, "open('x', 'w').write('x')") == "1"
            steps += 1
        said["steps during a flood"] = steps > 1
        neighbour = int(await value(other, "import os; os.getpid()"))
        said["places"] = await value(box, PLACES.replace("%d", str(neighbour)))
        said["signals"] = await value(box, SIGNALS)
        said["many"] = await value(box, MANY)
        status = dict(line.split(":", 1) for line in open(f"/proc/{broker_of(worker).pid}/status"))
        said["held"] = [status[name].strip() for name in ("CapEff", "CapBnd", "NoNewPrivs", "Seccomp")]
        doomed = psutil.Process(worker)
        broker_of(worker).kill()
        while doomed.is_running() and doomed.status() != psutil.STATUS_ZOMBIE:
            await asyncio.sleep(0.01)
        said["without it"] = (await box.run("1 + 1")).note
        said["after it"] = await value(box, "1 + 1")
        said["the other one"] = await value(other, "open('x').read()")
    left = [process for process in psutil.Process().children(recursive=True)]
    said["left"] = len([one for one in left if one.status() != psutil.STATUS_ZOMBIE and one.pid in (worker, neighbour)])
    print(json.dumps(said))

asyncio.run(main())
"""


def test_what_one_chat_does_to_its_broker_no_other_notices():
    said = json.loads(run_on(_PREPARATION, _PROGRAM).splitlines()[-1])
    assert said == {
        "steps during a flood": True,
        "places": "['PermissionError', 'PermissionError', 'PermissionError', 'PermissionError', 'below']",
        "signals": "0",
        "many": "(24, True, 18, None, '0o100600')",
        "held": ["0000000000000000", "0000000000000000", "1", "2"],
        "without it": LOST_BEFORE,
        "after it": "2",
        "the other one": "x",
        "left": 0,
    }
