"""Files that come with a question, and those that the code writes, through real agents and the real sandbox."""

import ast

import pytest

from agent_core import CodeAgent, GlassboxError, Limits
from agent_core.events import RunStarted, StepFinished
from agent_core.execution import FileNote
from tests.agent_core.support import code, events_of, of_kind, sent
from tests.support import model_of


async def ask_with(server, files, **settings):
    async with CodeAgent(model_of(server), **settings) as agent:
        return await agent.run("Look.", files=files)


async def test_a_file_lies_in_the_workspace_and_is_named_to_the_model(serve, tmp_path):
    (tmp_path / "data.csv").write_text("a,b\n1,2\n")
    server = serve([code("print(1)"), code("final_answer(open('data.csv').read())")])
    result = await ask_with(server, [tmp_path / "data.csv"])
    assert str(result.answer) == "a,b\n1,2\n"
    question = sent(server, 0)[-1]["content"]
    assert sent(server, 1)[: len(sent(server, 0))] == sent(server, 0), "what was sent once is sent the same again"
    assert question.startswith("Look.\n\nThese files came with this message.")
    look = "utf-8, separated by commas, 1 row × 2 columns: a int64, b int64"
    assert question.endswith(f"- data.csv (text/csv, 8 bytes)\n  {look}\n  > 1,2")


async def test_files_of_one_name_get_names_of_their_own(serve, tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "data.csv").write_text(folder)
    server = serve([code("final_answer(open('data.csv').read() + open('data_2.csv').read())")])
    result = await ask_with(server, [tmp_path / "one" / "data.csv", tmp_path / "two" / "data.csv"])
    assert str(result.answer) == "onetwo"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("über uns.txt", "über uns.txt"),
        ("Umsa\u0308tze.csv", "Umsätze.csv"),
        ("Q3 'final' [v2] #1 $5.txt", "Q3 'final' [v2] #1 $5.txt"),
        ("two\nlines.txt", "two_lines.txt"),
    ],
)
async def test_names_stay_as_people_wrote_them(serve, tmp_path, given, found):
    (tmp_path / given).write_text("here")
    server = serve([code("import os\nfinal_answer(sorted(n for n in os.listdir() if not n.startswith('.')))")])
    result = await ask_with(server, [tmp_path / given])
    assert ast.literal_eval(str(result.answer)) == [found]


async def test_a_link_that_the_code_has_laid_is_not_followed(serve, tmp_path):
    canary, given = tmp_path / "canary", tmp_path / "notes.txt"
    canary.write_text("untouched")
    given.write_text("the user's")
    server = serve([code(f"import os\nos.symlink({str(canary)!r}, 'notes.txt')"), "Done.", "Done."])
    async with CodeAgent(model_of(server)) as agent:
        await agent.run("Lay a link.")
        await agent.run("Look.", files=[given])
        assert (agent.sandbox.workspace / "notes_2.txt").read_text() == "the user's"
        with pytest.raises(GlassboxError, match="not a regular file"):
            await agent.copy_file("notes.txt", tmp_path / "out")
    assert canary.read_text() == "untouched"
    assert not (tmp_path / "out").exists()


async def test_files_that_cannot_be_taken_are_refused_in_a_sentence(serve, tmp_path):
    large = tmp_path / "large.bin"
    with large.open("wb") as file:
        file.truncate(3 * 2**20)
    server = serve(["Hello."])
    async with CodeAgent(model_of(server), limits=Limits(disk_mb=2)) as agent:
        with pytest.raises(GlassboxError, match=r"too large: 3\.1 MB; at most 2 MB fit"):
            await agent.run("Look.", files=[large])
        (tmp_path / "folder").mkdir()
        for name, reason in (("missing.txt", "cannot be read"), ("folder", "is not a regular file")):
            with pytest.raises(GlassboxError, match=f"{name} {reason}"):
                await agent.run("Look.", files=[tmp_path / name])
        assert str((await agent.run("hello")).answer) == "Hello."
        assert "could not be taken: missing.txt cannot be read" in sent(server)[-1]["content"]
        assert sent(server)[-1]["content"].endswith("The user's next message:\nhello")


async def test_what_the_code_writes_is_told_to_the_model_and_can_be_taken_out(serve, tmp_path):
    write = """
import os
os.makedirs('out/deep')
open('out/deep/table.csv', 'w').write('a,b')
open('.hidden', 'w').write('x')
os.mkfifo('pipe')
"""
    server = serve([code(write), code("open('out/deep/table.csv', 'a').write('c')"), code("1 + 1"), "Done."])
    async with CodeAgent(model_of(server)) as agent:
        events = await events_of(agent)
        steps = [event.execution for event in of_kind(events, StepFinished)]
        assert [step and [file.name for file in step.files] for step in steps] == [
            *(["out/deep/table.csv"], ["out/deep/table.csv"], [], None)
        ]
        assert steps[1] and steps[1].files == (FileNote("out/deep/table.csv", 4, "text/csv"),)
        assert "Files written: out/deep/table.csv. The user can download them." in sent(server, 1)[-1]["content"]
        await agent.copy_file("out/deep/table.csv", tmp_path / "table.csv")
        assert (tmp_path / "table.csv").read_text() == "a,bc"
        for name in ("../../etc/passwd", "/etc/passwd", "", "out", "pipe", "gone.txt", "out/../../x", "nul\0"):
            with pytest.raises(GlassboxError, match="no longer exists, or is not a regular file"):
                await agent.copy_file(name, tmp_path / "out")


async def test_given_files_are_in_the_events_and_go_back_with_the_chat(serve, tmp_path):
    (tmp_path / "data.txt").write_text("first")
    server = serve(["Seen.", code("final_answer(open('data.txt').read())")])
    async with CodeAgent(model_of(server)) as agent:
        async for event in agent.stream("Look.", files=[tmp_path / "data.txt"]):
            if isinstance(event, RunStarted):
                assert event.files == (FileNote("data.txt", 5, "text/plain"),)
        assert str((await agent.run("Read it.")).answer) == "first"
        await agent.rewind(1)
        assert (agent.sandbox.workspace / "data.txt").read_text() == "first"


async def test_a_step_that_writes_many_files_names_some(serve):
    server = serve([code("for i in range(60):\n    open(f'{i:02}.txt', 'w').close()"), "Done."])
    async with CodeAgent(model_of(server)) as agent:
        events = await events_of(agent)
        execution = of_kind(events, StepFinished)[0].execution
        assert execution and [file.name for file in execution.files] == [f"{number:02}.txt" for number in range(50)]
        assert "09.txt and 40 more." in sent(server)[-1]["content"]
