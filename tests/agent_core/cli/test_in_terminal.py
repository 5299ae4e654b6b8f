"""The program in a terminal: prompts, Ctrl-C and the chat."""

import re
import threading
from pathlib import Path

import pexpect
import psutil
import pytest

from tests.agent_core.cli.support import end, expect, in_terminal, model_at
from tests.agent_core.support import code
from tests.doubles.openai_server import OpenAIServer, Reply

ASKED = "Allow it?"
TOOLS = """
from agent_core import context

async def ask_user(question: str) -> str:
    '''Ask the user.'''
    return await context.ask(question, ["red", "green"])
"""
STUCK = """
import time

async def wait() -> None:
    '''Wait, with the whole program.'''
    print("stuck", flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize(
    ("typed", "asked", "answer"), [("y", 2, "True"), ("a", 1, "True"), ("n", 2, "False"), ("", 2, "False")]
)
def test_a_permission_is_asked_for_in_the_terminal(tmp_path, typed, asked, answer):
    use = "try:\n    import ctypes\n    there = True\nexcept ImportError:\n    there = False\nprint(there)"
    with OpenAIServer([code(use), code(f"{use}\nfinal_answer(there)")]) as server:
        child = in_terminal(["Go", *model_at(server)], tmp_path)
        for _ in range(asked):
            assert "The code asks to use “ctypes”." in expect(child, ASKED)
            child.sendline(typed)
        status, shown = end(child)
    assert status == 0 and answer in shown


def test_a_tools_question_is_answered_in_the_terminal(tmp_path):
    (tmp_path / "mine.py").write_text(TOOLS)
    use = code("final_answer(ask_user('Which colour?'))")
    with OpenAIServer([use]) as server:
        child = in_terminal(["Go", "--tool", "mine:ask_user", *model_at(server)], tmp_path)
        asked = expect(child, "Your answer:")
        assert "Which colour?" in asked and "2. green" in asked
        child.sendline("2")
        status, shown = end(child)
    assert status == 0 and "green" in shown


def test_ctrl_c_stops_the_run_and_its_sandbox(tmp_path):
    forever = code("import time\nopen('here', 'w').close()\nprint('begun', flush=True)\ntime.sleep(600)", "I wait.")
    with OpenAIServer([forever]) as server:
        child = in_terminal(["Go", *model_at(server)], tmp_path)
        expect(child, "│ begun")
        assert child.pid
        workers = psutil.Process(child.pid).children(recursive=True)
        assert workers
        child.sendintr()
        status, shown = end(child)
    assert status == 130 and "Stopping." in shown and "■ Stopped · 1 step" in shown
    assert not psutil.wait_procs(workers, timeout=30)[1], "the sandbox ended"
    assert not list(Path(tmp_path).glob("glassbox-*")), "nothing is left"


def test_ctrl_c_at_a_permission_stops_the_run(tmp_path):
    with OpenAIServer([code("import ctypes")]) as server:
        child = in_terminal(["Go", *model_at(server)], tmp_path)
        expect(child, ASKED)
        child.sendintr()
        status, shown = end(child)
    assert status == 130 and "■ Stopped" in shown


def test_ctrl_c_twice_leaves_what_does_not_end(tmp_path):
    (tmp_path / "mine.py").write_text(STUCK)
    with OpenAIServer([code("wait()")]) as server:
        child = in_terminal(["Go", "--tool", "mine:wait", *model_at(server)], tmp_path)
        expect(child, "stuck")
        assert child.pid
        workers = psutil.Process(child.pid).children(recursive=True)
        for _ in range(60):  # a busy machine takes two in a row for one
            child.sendintr()
            if child.expect([pexpect.EOF, pexpect.TIMEOUT], timeout=1) == 0:
                break
        child.close()
    assert child.exitstatus == 130
    assert not psutil.wait_procs(workers, timeout=30)[1], "the sandbox ended, too"


def test_without_a_question_it_is_a_chat_that_remembers(tmp_path):
    replies = [code("x = 41\nfinal_answer('kept')"), code("final_answer(f'now {x + 1}')"), "Bye."]
    with OpenAIServer(replies) as server:
        child = in_terminal(model_at(server), tmp_path)
        expect(child, "ends the chat", "❯ ")
        child.sendline("Keep 41")
        expect(child, "kept", "✓ Answer ·", "❯ ")
        child.sendline("One more")
        expect(child, "now 42", "✓ Answer ·", "❯ ")
        assert "Keep 41" in str(server.requests[1].body["messages"])
        for _ in range(30):  # at the prompt, it only begins a new line; one that comes while it is written, none
            child.sendintr()
            if child.expect(["❯", pexpect.TIMEOUT], timeout=2) == 0:
                break
        child.send("\x1b[A")  # the question before
        expect(child, "One more")
        child.sendline("")
        expect(child, "Bye", "✓ Answer ·", "❯ ")
        assert "One more" in str(server.requests[2].body["messages"][-1])
        child.sendline("/exit")
        assert end(child)[0] == 0


def test_a_run_that_is_stopped_leaves_the_chat_open(tmp_path):
    begin = threading.Event()
    with OpenAIServer([Reply(text="never", begin=begin), "Here I am."]) as server:
        child = in_terminal(model_at(server), tmp_path)
        expect(child, "❯ ")
        child.sendline("Go")
        assert server.wait_for_requests(1)
        expect(child, "The model")
        child.sendintr()
        expect(child, "■ Stopped", "❯ ")
        begin.set()
        child.sendline("Again")
        expect(child, "Here I am", "✓ Answer ·", "❯ ")
        child.sendeof()
        assert end(child)[0] == 0


def test_a_reply_grows_in_the_terminal_and_is_there_once_in_the_end(tmp_path):
    text = "\n\n".join(f"Paragraph {number} has *some* words." for number in range(30))
    with OpenAIServer([Reply(text=text, delay=0.002)]) as server:
        status, shown = end(in_terminal(["Go", *model_at(server)], tmp_path))
    assert status == 0
    assert len(re.findall(r"Paragraph 0 has", shown)) < 60
    assert "Paragraph 29 has some words." in shown
