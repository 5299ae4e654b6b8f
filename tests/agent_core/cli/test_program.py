"""The program where input and output are pipes."""

import json
import subprocess

import pytest

from agent_core import __version__
from agent_core.cli.arguments import parse
from agent_core.cli.making import make_agent, make_model
from agent_core.record import event_from_json
from tests.agent_core.cli.support import COMMAND, end, environment, expect, in_terminal, model_at, run
from tests.agent_core.support import code
from tests.doubles.openai_server import OpenAIServer, Reply
from tests.support import ROOT

ANSWER = code("print(6 * 7)\nfinal_answer(f'It is **{6 * 7}**.')", "I multiply.")


def test_a_question_is_answered_step_by_step(tmp_path):
    with OpenAIServer([ANSWER]) as server:
        done = run(["What is 6 times 7?", *model_at(server)], tmp_path)
        assert server.requests[0].headers.get("authorization") is None, "no key was named for this server"
    assert done.returncode == 0 and done.stderr == ""
    for shown in (
        "❯ What is 6 times 7?",
        "I multiply.",
        "  print(6 * 7)",
        "  │ 42",
        "It is **42**.",
        "✓ Answer · 1 step",
    ):
        assert shown in done.stdout
    assert "\x1b" not in done.stdout


def test_quietly_there_is_the_answer_and_nothing_else(tmp_path):
    with OpenAIServer([ANSWER]) as server:
        done = run(["--quiet", "6 times 7?", *model_at(server)], tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "It is **42**.\n", "")


@pytest.mark.parametrize("arguments", [[], ["-"]])
def test_the_question_may_come_from_a_pipe(tmp_path, arguments):
    with OpenAIServer([ANSWER]) as server:
        done = run([*arguments, "-q", *model_at(server)], tmp_path, given="What is\n6 times 7?\n")
        assert "What is\n6 times 7?" in server.requests[0].body["messages"][-1]["content"]
    assert done.returncode == 0
    assert run(["-q", *model_at(server)], tmp_path).returncode == 2


def test_events_come_as_json_and_show_the_run_again(tmp_path):
    with OpenAIServer([ANSWER]) as server:
        done = run(["--json", "6 times 7?", *model_at(server)], tmp_path)
        shown = run(["6 times 7?", *model_at(server)], tmp_path)
    events = [event_from_json(json.loads(line)) for line in done.stdout.splitlines()]
    assert done.returncode == 0 and done.stderr == ""
    assert type(events[0]).__name__ == "RunStarted" and type(events[-1]).__name__ == "RunFinished"
    file = tmp_path / "run.jsonl"
    file.write_text(done.stdout, encoding="utf-8")
    again = run(["--replay", str(file)], tmp_path)
    assert again.returncode == 0
    assert "│ 42" in again.stdout and "It is **42**." in again.stdout
    assert run(["--replay", "-"], tmp_path, given=done.stdout).stdout == again.stdout
    assert shown.returncode == 1  # the server had one reply only


def test_exit_codes_say_how_it_ended(tmp_path):
    with OpenAIServer(lambda _: code("print(1)")) as server:
        done = run(["What?", "--max-steps", "1", *model_at(server)], tmp_path)
    assert done.returncode == 3 and "Ended at the limit of steps" in done.stdout
    with OpenAIServer([Reply(status=401, error="no")]) as server:
        done = run(["What?", *model_at(server)], tmp_path)
    assert done.returncode == 1 and "✗ Ended by an error" in done.stdout
    done = run(["What?"], tmp_path)
    assert done.returncode == 1 and "Set HF_TOKEN" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--model", "gpt"], "does not say where the model is"),
        (["--model", "hub:gpt"], "not the name of a Hub model"),
        (["--base-url", "http://127.0.0.1:1"], "needs the model's name"),
        (["--model", "a/b", "--key-env", "KEY"], "--base-url"),
        (["--model", "a", "--base-url", "http://127.0.0.1:1", "--key-env", "KEY"], "not set in the environment"),
        (["--tool", "nothing:here"], "--tool nothing:here was not found"),
        (["--tool", ".module:name"], "--tool .module:name was not found"),
        (["--tool", "no_such_tool"], "--tool no_such_tool was not found"),
        (["--tool", "os:sep"], "is no tool"),
        (["--tool", "owner/name"], "The Hub cannot be reached"),
        (["--replay", "nowhere"], "cannot be read"),
        (["--replay", "--json"], "expected one argument"),
        (["--max-steps", "0"], "1 or more"),
        (["--max-steps", "many"], "it is a whole number"),
        (["--temperature", "hot"], "it is a number from 0 to 2"),
        (["--verbose", "--quiet"], "not allowed with"),
        (["--unknown"], "unrecognized"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_sentence(tmp_path, arguments, said):
    done = run(["What?", *arguments], tmp_path, HF_ENDPOINT="http://127.0.0.1:1")
    assert done.returncode == 2 and done.stdout == ""
    assert said in done.stderr and "Traceback" not in done.stderr


def test_an_empty_question_is_refused_before_anything_begins(tmp_path):
    done = run([" "], tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "The question is empty. Ask something.\n"


def test_what_is_replayed_may_be_anything(tmp_path):
    for given in ("[" * 100_000, "{}", "\0", '{"type": 1}'):
        done = run(["--replay", "-"], tmp_path, given=given)
        assert done.returncode == 2 and "Traceback" not in done.stderr and done.stderr.endswith(".\n")


def test_a_key_comes_from_the_environment_that_was_named_and_is_not_shown(tmp_path):
    with OpenAIServer([Reply(status=401, error="bad key sk-secret-123")]) as server:
        done = run(["Hi", "--key-env", "MINE", *model_at(server)], tmp_path, MINE="sk-secret-123")
        assert server.requests[0].headers["authorization"] == "Bearer sk-secret-123"
    assert "sk-secret" not in done.stdout + done.stderr


def test_tools_files_imports_and_hosts_are_given_by_name(tmp_path):
    (tmp_path / "mine.py").write_text(
        "def twice(number: int) -> int:\n    '''Double a number.'''\n    return 2 * number\nBOTH = [twice]\n"
    )
    (tmp_path / "data.csv").write_text("a\n21\n")
    use = "import secrets\nfinal_answer(twice(int(open('data.csv').read().split()[1])))"
    with OpenAIServer([code(use)]) as server:
        done = run(["Twice?", "-q", "--tool", "mine:BOTH", "--file", "data.csv", *model_at(server)], tmp_path)
        sent = server.requests[0].body["messages"]
    assert done.stdout == "42\n"
    assert "twice" in sent[0]["content"] and "data.csv" in sent[-1]["content"]


def test_the_tools_of_the_repository_are_found_there(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    arguments = ["Hi", "--tool", "visit_webpage", "--tool", "python", "--import", "requests", "--host", "example.org"]
    agent = make_agent(
        parse([*arguments, "--agent", "tool-calling", "--instructions", "Be brief.", "--max-steps", "3"])
    )
    assert [tool.name for tool in agent.tools] == ["visit_webpage", "python"]
    assert agent.policy.hosts == ["example.org"] and "requests" in agent.policy.imports
    assert agent.max_steps == 3 and agent.instructions == "Be brief."


def test_the_model_is_asked_as_was_set(tmp_path):
    with OpenAIServer([ANSWER]) as server:
        run(["Hi", "--temperature", "0.5", *model_at(server)], tmp_path)
        assert server.requests[0].body["temperature"] == 0.5


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("", "HubModel"),
        ("hub", "HubModel"),
        ("hub:a/b", "HubModel"),
        ("openai/b", "OpenAIModel"),
        ("a/b", "LiteLLMModel"),
    ],
)
def test_the_name_of_a_model_says_where_it_is(name, kind):
    assert type(make_model(parse(["Hi", "--model", name]))).__name__ == kind


def test_without_a_terminal_the_answer_to_permissions_is_no(tmp_path):
    replies = [code("import ctypes"), code("final_answer('done')")]
    with OpenAIServer(replies) as server:
        done = run(["Go", *model_at(server)], tmp_path)
        assert "ctypes" in json.dumps(server.requests[1].body["messages"][-1])
    assert done.returncode == 0
    assert "Nobody can be asked here" in done.stderr and "--import ctypes allows it." in done.stderr
    assert "The code asks to use “ctypes”." in done.stdout and "Not allowed." in done.stdout


def test_what_the_code_made_is_saved_where_it_was_said_and_replaces_nothing(tmp_path):
    make = "open('a.txt', 'w').write('new')\nfinal_answer('made')"
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "a.txt").write_text("mine")
    with OpenAIServer([code(make)]) as server:
        done = run(["Go", "-q", "--save", str(folder), *model_at(server)], tmp_path)
    assert done.returncode == 0 and f"Saved: {folder / 'a_2.txt'}" in done.stderr
    assert (folder / "a.txt").read_text() == "mine" and (folder / "a_2.txt").read_text() == "new"
    with OpenAIServer([code(make)]) as server:
        done = run(["Go", "-q", *model_at(server)], tmp_path)
    assert "--save FOLDER keeps them" in done.stderr


def test_a_chat_goes_on_where_files_cannot_be_saved(tmp_path):
    (tmp_path / "file").write_text("")
    with OpenAIServer([code("open('a.txt', 'w').close()\nfinal_answer('made')")]) as server:
        done = run(["Go", "-q", "--save", str(tmp_path / "file"), *model_at(server)], tmp_path)
    assert (done.returncode, done.stdout) == (1, "made\n")
    assert "file cannot be written: " in done.stderr
    in_a_chat = ["-q", "--save", str(tmp_path / "file")]
    with OpenAIServer([code("open('a.txt', 'w').close()\nfinal_answer('made')"), "Yes."]) as server:
        child = in_terminal([*in_a_chat, *model_at(server)], tmp_path)
        expect(child, "❯ ")
        child.sendline("Go")
        expect(child, "made", "cannot be written", "❯ ")
        child.sendline("More?")
        expect(child, "Yes.")
        child.sendline("/exit")
        assert end(child)[0] == 0


def test_a_reader_that_goes_away_ends_it_quietly(tmp_path):
    with OpenAIServer([code("print('x' * 100)\n" * 50 + "final_answer(1)")]) as server:
        process = subprocess.Popen(
            [*COMMAND, "--json", "Go", *model_at(server)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(tmp_path),
        )
        assert process.stdout and process.stderr
        process.stdout.readline()
        process.stdout.close()
        told = process.stderr.read().decode()
        assert process.wait(60) == 1
    assert "Traceback" not in told and "Exception ignored" not in told


def test_help_and_version(tmp_path):
    assert run(["--version"], tmp_path).stdout == f"glassbox {__version__}\n"
    shown = run(["--help"], tmp_path).stdout
    assert "exit codes:" in shown and "--base-url" in shown
