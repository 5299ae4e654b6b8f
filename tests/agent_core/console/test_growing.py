import io

import pytest
from rich.console import Console

from agent_core.console.growing import GrowingCode, GrowingMarkdown, GrowingOutput, GrowingReasoning

PROSE = """\
# A title

A paragraph
of two lines, and a [link](https://example.org/).

1. one

   more of one
2. two

```python
a = 1

b = 2
```

| a | b |
| --- | --- |
| 1 | 2 |

The *end*."""
CODE = 'text = """one\ntwo"""\n\nfor x in text:\n    print(x)'


def drawn(*parts) -> str:
    console = Console(file=io.StringIO(), width=60, force_terminal=True, highlight=False)
    for part in parts:
        console.print(part)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def grown(growing, text, step):
    """All that was printed while a text grew, and how often something was."""
    parts = []
    for end in range(step, len(text) + step, step):
        parts += growing.settled(text[:end], ended=False)
        drawn(growing.rest(text[:end]) or "")
    return [*parts, *growing.settled(text, ended=True)]


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_markdown_that_grew_reads_as_if_it_had_come_at_once(step):
    parts = grown(GrowingMarkdown(as_source=False), PROSE, step)
    whole = list(GrowingMarkdown(as_source=False).settled(PROSE, ended=True))
    assert drawn(*parts).split() == drawn(*whole).split()
    assert step == 1000 or len(parts) > 3, "what is over is printed while the rest still comes"


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_code_that_grew_reads_as_if_it_had_come_at_once(step):
    parts = grown(GrowingCode(), CODE, step)
    plain = Console(file=io.StringIO(), width=60)
    for part in parts:
        plain.print(part)
    assert isinstance(plain.file, io.StringIO)
    assert plain.file.getvalue() == '  text = """one\n  two"""\n\n  for x in text:\n      print(x)\n'


def test_what_still_changes_is_shown_by_its_last_lines():
    text = "".join(f"line {number}\n" for number in range(100))
    shown = drawn(GrowingOutput(whole=False).rest(text))
    assert "line 99" in shown and "line 80" not in shown
    thought = drawn(GrowingReasoning(whole=False).rest(text))
    assert "line 99" in thought and "line 90" not in thought


def test_what_has_not_begun_shows_nothing():
    for growing in (
        GrowingMarkdown(as_source=False),
        GrowingCode(),
        GrowingOutput(whole=True),
        GrowingReasoning(whole=True),
    ):
        assert growing.rest("\n") is None
        assert list(growing.settled("\n", ended=False)) == []
