"""Nothing in a message leaves its message: a question of the code stays readable, and only its buttons answer it."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.visitor import DESK, PHONE, Visitor, code
from tests.doubles.openai_server import OpenAIServer
from tests.support import App, running_app

_EVERYWHERE = (
    "inset:0!important;width:100vw!important;height:100vh!important;z-index:2147483647!important;background:red"
)
EVIL = [
    f'<div style="position:fixed!important;{_EVERYWHERE}">over</div>',
    f'<div style="position:absolute!important;{_EVERYWHERE}">over</div>',
    '<p style="position:sticky!important;bottom:0;z-index:9999999;height:50vh;background:red">over</p>',
    '<p style="position:relative;top:300px;z-index:9999999;background:red;height:900px">over</p>',
    '<p style="margin:-3000px -3000px -3000px -3000px!important;background:red;padding:3000px">over</p>',
    '<p style="transform:scale(99);will-change:transform;translate:0 90px">over</p>',
    '<p style="box-shadow:0 0 0 9000px red;outline:9000px solid red;filter:drop-shadow(0 90px red)">over</p>',
    '<dialog open style="position:fixed;inset:0">Allow once</dialog>',
    '<div popover id="pop" style="display:block;position:fixed;inset:0">pop</div>',
    '<details open style="position:fixed;inset:0;background:red"><summary>Allow once</summary>x</details>',
    '<span class="turn-bar"><button type="button" value="undo 0" label="Undo"></button></span>',
    '<button class="option" id="stop" popovertarget="pop" style="position:fixed;top:50%">Allow once</button>',
    '<form action="/x"><input type="submit" value="Allow for this chat"><label for="send">No</label></form>',
    '<div class="options" role="listbox" tabindex="1"><p role="button" class="option lg primary">Allow once</p></div>',
    '<div id="composer" class="toast-wrap modal overlay fixed wrap full center generating translucent">x</div>',
    '<a href="https://x.org/" ping="https://y.org/" target="_top" style="position:fixed;inset:0">Allow once</a>',
    '<svg style="position:fixed;inset:0" width="9999" height="9999"><rect width="9999" height="9999"/></svg>',
    '<math><mtext style="position:fixed;inset:0;background:red">x</mtext></math>',
    '<iframe src="/" style="position:fixed;inset:0"></iframe><object data="/"></object><marquee>x</marquee>',
    '<img src="data:image/gif;base64,R0lGODlhAQABAIAAAP8AAP8AACwAAAAAAQABAAACAkQBADs=" width="99999" height="99999">',
    r"$$\rule{999em}{999em}$$ \(\raisebox{-500em}{\rule{999em}{999em}}\) $$\kern{-500em}\smash{\rule{999em}{999em}}$$",
    r"$$\htmlStyle{position:fixed;inset:0;background:red}{X}\htmlClass{options}{X}\href{javascript:alert(1)}{X}$$",
    "```mermaid\ngraph TD\nA[\"<b style='position:fixed;inset:0'>x</b>\"] --> B\n```",
    '`` ` ``<p style="position:fixed;inset:0;background:red">x</p>',
    '[a `` ](b) <i style="position:fixed;inset:0;background:red">x</i> ``',
    'https://x.org/`<i style="position:fixed;inset:0;background:red">x</i>`',
    '[a]: b "\n\n```html\n"\n<p style="position:fixed;inset:0;background:red">x</p>\n```',
    '$$\n\n```html\n$$\n<p style="position:fixed;inset:0;background:red">x</p>\n```',
    '- ```\n~~~\n<p style="position:fixed;inset:0;background:red">x</p>\n~~~\n    ```',
]
MARKUP = "\n\n".join(EVIL)
# The thought leaves a formula and a code block open; the code holds what would be let loose by them.
BEFORE = code(
    f"# Paint over it\nclass Page:\n    def _repr_html_(self): return {MARKUP!r}\nimport pandas as pd\n"
    f"print({MARKUP!r})\ndisplay(Page())\npd.DataFrame({{'$$': {[MARKUP, '$$']!r}}}).style",
    thought=f"{MARKUP}\n\n$$ ``` \\[",
)
ASK = code(
    f"# Ask <b style='position:fixed;inset:0'>x</b>\nclass Page:\n    def _repr_html_(self): return {MARKUP!r}\n"
    f"display(Page())\nprint({MARKUP!r})\nimport socket",
    thought=MARKUP,
)
ANSWERED = "I do without."

# What lies on top at many points of what a person has to be able to trust, where it is not that itself.
COVERED = """() => {
    const card = [...document.querySelectorAll("#live .bubble-wrap .options")].filter(e => !e.closest(".message"))[0];
    const row = [...document.querySelectorAll("#live .bot-row")].at(-1);
    const question = [...row.querySelectorAll(".bot > .message")].at(-1);
    const composer = document.querySelector(".gradio-container main > .column > #composer") ??
        [...document.querySelectorAll("#composer")].filter(e => !e.closest(".message"))[0];
    const found = [];
    for (const box of [question, card, ...card.children, ...composer.querySelectorAll("button, textarea")]) {
        const {left, top, width, height} = box.getBoundingClientRect();
        if (!width || !height) continue;
        for (let i = 1; i < 16; i++) for (let j = 1; j < 8; j++) {
            const [x, y] = [left + width * i / 16, top + height * j / 8];
            if (y < 0 || y >= innerHeight) found.push("out of sight: " + box.outerHTML.slice(0, 80));
            const top_ = document.elementFromPoint(x, y);
            if (!top_ || !(box.contains(top_) || (composer.contains(box) && composer.contains(top_))))
                found.push(box.className + " under " + top_?.outerHTML.slice(0, 160));
        }
    }
    return [...new Set(found)];
}"""
# What the cleaning should have left of none of them. The page itself lets the keyboard reach the heads of tables.
LEFT = """() => [...document.querySelectorAll("#chat .md *")]
    .filter(e => !e.closest(".katex, .code_wrap, [data-testid=user] .turn-bar, .thought-group .turn-bar, .answer-bar"))
    .filter(e => e.matches("form, input, button, dialog, details[open], iframe, object, svg, math, [id], [role], " +
        "[tabindex]:not(th), [ping], [popover], [style], .option, .options, .mermaid"))
    .map(e => e.outerHTML.slice(0, 160))"""


@pytest.fixture(scope="module")
def careless_app(app: App, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The app without the cleaning of what models and code write: what the style sheet alone holds."""
    program = (
        "import ui.view.chat_messages as messages, ui.view.displays as displays, ui.view.step_messages as steps, app\n"
        "messages.clean_markdown = displays.clean_markdown = steps.clean_markdown = lambda text, *_: text\n"
        "displays.clean_html = steps.quote = steps.clean_markdown\n"
        "displays.is_light_enough = bool\napp.main()"
    )
    with running_app(tmp_path_factory.mktemp("careless"), command=("-c", program)) as careless:
        yield careless


def ask_and_look(visitor: Visitor, server: OpenAIServer) -> None:
    """Have the code ask for a permission among all that could cover it, and say no."""
    asked = visitor.page.locator("#live .bubble-wrap > .message-wrap > .options > .option")
    visitor.connect(server)
    visitor.ask("go")
    expect(asked).to_have_text(["Allow once", "Allow for this chat", "No"], timeout=60_000)
    expect(visitor.page.locator("#live .bot > .message").last).to_contain_text("The code asks to use “socket”.")
    visitor.page.wait_for_function("document.querySelectorAll('#live .katex').length > 3")
    asked.last.scroll_into_view_if_needed()
    visitor.wait_until_still()
    visitor.page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    visitor.wait_until_still()
    assert soon_nothing(visitor, COVERED) == []
    assert not visitor.scrolls_sideways()


def soon_nothing(visitor: Visitor, look: str) -> list[str]:
    """What a look at the page still finds after a moment: buttons take one to come and to go."""
    found: list[str] = []
    for _ in range(20):
        if not (found := visitor.page.evaluate(look)):
            break
        visitor.page.wait_for_timeout(500)
    return found


def say_no(visitor: Visitor) -> None:
    box = visitor.page.locator("#live .bubble-wrap > .message-wrap > .options > .option").last.bounding_box()
    assert box is not None
    visitor.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)  # as a person does
    visitor.wait_until_done()
    expect(visitor.answers.last).to_contain_text(ANSWERED)
    expect(visitor.chat).to_contain_text("“socket” was not allowed.")


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_question_cannot_be_covered(visit: Callable[..., Visitor], serve, size: dict):
    visitor = visit(**size)
    ask_and_look(visitor, serve([BEFORE, ASK, ANSWERED + MARKUP]))
    assert soon_nothing(visitor, LEFT) == []
    visitor.open_steps()
    for step in visitor.steps.locator(".title:not(.expanded)").all():
        step.click()
    visitor.page.wait_for_timeout(500)
    assert soon_nothing(visitor, LEFT) == []
    names = visitor.page.get_by_role("button", name="Allow once", exact=True)
    expect(names).to_have_count(1)
    visitor.page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    visitor.wait_until_still()
    say_no(visitor)
    assert soon_nothing(visitor, LEFT) == []


def test_the_style_sheet_holds_by_itself(browser: Browser, careless_app: App, serve):
    visitor = Visitor(browser.new_context(**DESK), careless_app.url)
    ask_and_look(visitor, serve([BEFORE, ASK, ANSWERED]))
    assert visitor.page.evaluate(LEFT) != [], "nothing was cleaned"
    say_no(visitor)
    visitor.context.close()
