import io
import zipfile

import pytest

from agent_core.events import (
    CodeReady,
    Displayed,
    Event,
    FinalAnswer,
    OutputDelta,
    RunFinished,
    RunStarted,
    StepFinished,
    StepStarted,
    ThoughtDelta,
)
from agent_core.execution import Display, Execution, ExecutionError, FileNote
from agent_core.usage import Usage
from tests.ui.exports.support import HOSTILE, PIXEL, hostile_chat
from ui.exports import KINDS, answer_text, export, steps_text
from ui.view.transcript import Transcript

PICTURE = Display({"text/plain": "figure", "image/png": PIXEL})
DRAWING = Display({"text/plain": "drawing", "image/svg+xml": "<svg xmlns='http://www.w3.org/2000/svg'/>"})
ANSWER = Display({"text/plain": "It is **42**.", "text/markdown": "It is **42**."})
BEGIN: list[Event] = [
    RunStarted("1. Why #1?\nAnd *how*?", (FileNote.of("a.csv", 3),)),
    *(StepStarted(1), ThoughtDelta("I look."), CodeReady("print('```')\nx")),
]
END: list[Event] = [
    StepFinished(1, 0.1, Usage(), Execution(stdout="```\n", value="7", displays=(PICTURE,))),
    *(StepStarted(2), CodeReady("1/0")),
    StepFinished(2, 0.1, Usage(), Execution(error=ExecutionError("exception", "Division.", "line 1", "Divide by 1."))),
    *(FinalAnswer(ANSWER), RunFinished("max_steps", "This is the best answer so far.")),
]
PLAIN, PICTURED = [*BEGIN, OutputDelta("```\n"), *END], [*BEGIN, Displayed(PICTURE), Displayed(DRAWING), *END]
MARKDOWN = """# Why \\#1?

## Question

> 1\\. Why \\#1?\\
> And \\*how\\*?

### Step 1: Ran some Python

I look.

````python
print('```')
x
````

Output:

````text
```
````

Result:

```text
7
```

### Step 2: Ran some Python – did not work

```python
1/0
```

Error:

```text
Division.
line 1
Advice: Divide by 1.
```

## Answer

It is **42**.

Files that came with the question: a.csv (text/csv, 3 bytes). This is the best answer so far.
"""


def test_markdown_has_every_step():
    exported = export("markdown", "Why #1?", PLAIN)
    assert exported.content.decode() == MARKDOWN
    assert (exported.name, exported.content_type) == ("Why #1.md", "text/markdown; charset=utf-8")


def test_pictures_lie_beside_the_markdown():
    exported = export("markdown", "Why", PICTURED)
    assert (exported.name, exported.content_type) == ("Why.zip", "application/zip")
    with zipfile.ZipFile(io.BytesIO(exported.content)) as packed:
        assert packed.namelist() == ["chat.md", "pictures/1.png", "pictures/2.svg"]
        text = packed.read("chat.md").decode()
        assert packed.read("pictures/1.png").startswith(b"\x89PNG")
    assert "![A picture made by the code](pictures/1.png)" in text
    assert "![A picture made by the code](pictures/2.svg)" in text


def test_only_the_answer_is_copied_or_all_steps():
    (turn,) = Transcript(PICTURED).turns
    assert answer_text(turn) == "It is **42**."
    assert steps_text(turn).startswith("## Question\n\n> 1\\. Why")
    assert "*(A picture made by the code)*" in steps_text(turn)
    (turn,) = Transcript(BEGIN).turns
    assert answer_text(turn) == ""
    assert "I look." in steps_text(turn)


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (Display({"text/plain": "a  b\n1  2", "text/html": "<table></table>"}), "```text\na  b\n1  2\n```"),
        (Display({"text/plain": "[1, 2]"}), "\\[1, 2\\]"),
        (PICTURE, "*(A picture made by the code)*"),
        (Display({"text/plain": "Bars", "application/vnd.plotly.v1+json": "{}"}), "📊 Bars (An interactive chart"),
    ],
)
def test_any_answer_can_be_copied(answer: Display, text: str):
    (turn,) = Transcript([RunStarted("Why?"), StepStarted(1), FinalAnswer(answer), RunFinished("answer")]).turns
    assert answer_text(turn).startswith(text)


def test_markdown_of_a_hostile_chat_loads_nothing():
    with zipfile.ZipFile(io.BytesIO(export("markdown", HOSTILE, hostile_chat()).content)) as packed:
        outside = packed.read("chat.md").decode().split("```")[::2]
    assert "![pixel]" not in "".join(outside).replace("\\!", "").replace("!\\[", "")
    assert "<script" not in "".join(outside).replace("\\<", "")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("../../etc/passwd", "etc passwd"),
        ('a/b\\c:d*e?f"g<h>i|j', "a b c d e f g h i j"),
        (" .hidden. ", "hidden"),
        ("line\nbreak\0 and \u202ebidi", "line break_ and _bidi"),
        ("\ud800", "_"),
        ("", "chat"),
        ("Über 🧊", "Über 🧊"),
        ("x" * 500, "x" * 80),
    ],
)
def test_a_title_makes_a_name_that_every_system_takes(title: str, name: str):
    assert export("html", title, PLAIN).name == f"{name}.html"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("length", range(0, len(PICTURED), 2))
def test_a_chat_can_be_exported_while_it_runs(kind, length: int):
    assert export(kind, "Why?", PICTURED[:length]).content
