"""Markdown as people know it, in the real page: each form is what it is for a person who looks."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.visitor import DESK, Visitor, keep_screenshot

ANSWER = r"""
It costs $5 and $10, and $E = mc^2$ holds, as does \(a < b\). ~~Gone.~~

| left | centre | right |
|:-----|:------:|------:|
| a | b | 1.50 |

- [x] done
- [ ] not done
  - nested

A claim.[^1]

[^1]: Where it comes from.

```sql
select 1
```

<details>
<summary>The rest</summary>

- folded

</details>

![A cat](https://example.org/cat.png)
"""


def test_every_form_is_what_it_is(visit: Callable[..., Visitor], serve):
    visitor = visit(**DESK)
    visitor.connect(serve([ANSWER] * 3))
    visitor.ask("Show me all.")
    visitor.wait_until_done()
    answer = visitor.page.locator("#history .bot-row").last
    expect(answer.locator(".katex")).to_have_count(2)
    expect(answer).to_contain_text("It costs $5 and $10, and")
    aligned = answer.locator("tbody td").evaluate_all("cells => cells.map(cell => getComputedStyle(cell).textAlign)")
    assert aligned == ["left", "center", "right"]
    boxes = answer.get_by_role("checkbox")
    expect(boxes.first).to_be_checked()
    expect(boxes.last).not_to_be_checked()
    expect(answer.locator("sup")).to_have_text(["1", "1"])
    label = "element => getComputedStyle(element, '::before').content"
    assert answer.locator(".code_wrap").evaluate(label) == '"SQL"'
    expect(answer.get_by_role("button", name="copy")).to_be_visible()
    expect(answer.get_by_text("folded")).to_be_hidden()
    answer.locator("summary").click()
    expect(answer.get_by_text("folded")).to_be_visible()
    picture = answer.get_by_role("link", name=re.compile("A cat — "))
    expect(picture).to_have_attribute("href", "https://example.org/cat.png")
    expect(answer.locator("img")).to_have_count(0)
    assert not visitor.scrolls_sideways()
    keep_screenshot(visitor, "markdown")


def test_sources_stand_under_the_answer_and_are_linked(visit: Callable[..., Visitor]):
    visitor = visit(**DESK)
    visitor.ask("How long does it take to drive from Melbourne to Sydney?")
    visitor.wait_until_done()
    chips, marks = visitor.chat.locator(".sources a"), visitor.chat.locator("a.cite")
    expect(chips).to_have_count(2)
    expect(marks).to_have_text(["[1]", "[2]"])
    address = chips.first.get_attribute("href")
    assert address and address.startswith("https://")
    expect(marks.first).to_have_attribute("href", address)
    expect(marks.first).to_have_attribute("target", "_blank")
    visitor.reload()
    expect(chips).to_have_count(2)
