"""A person at the page: what they do and what they see, in the page's own words."""

import mimetypes
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from playwright.sync_api import BrowserContext, Locator, Route, expect

from tests.doubles.openai_server import OpenAIServer
from tests.support import ROOT

KEY = "sk-canary-1234567890"
OWNER_KEY = "the-key-of-the-owner"
LOCAL = "Other provider or own server"
ADVANCED = ("replies", "reach", "limits", "prompt")
SCREENSHOTS = ROOT / "build" / "screenshots"
PATIENCE = 60_000  # milliseconds; a busy machine takes its time
STILL: dict[str, Any] = {"reduced_motion": "reduce"}  # moving parts would cost a browser without a graphics card much
DESK: dict[str, Any] = STILL | {"viewport": {"width": 1280, "height": 860}}
PHONE: dict[str, Any] = STILL | {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
# What stands over the composer, if anything does.
COVERS_COMPOSER = """() => {
    const box = document.querySelector("#composer").getBoundingClientRect();
    const isInside = (x, y) => document.elementFromPoint(x, y)?.closest("#composer");
    for (let x = box.left + 2; x < box.right - 2; x += 8)
        for (let y = box.top + 20; y < Math.min(box.bottom, innerHeight) - 2; y += 8)
            if (!isInside(x, y)) return document.elementFromPoint(x, y).outerHTML;
    return null;
}"""
_STANDS_STILL = """() => {
    const before = window.placeBefore;
    const rows = [...document.querySelectorAll("#chat .message-row")];
    window.placeBefore = rows.reduce((sum, row) => sum + row.getBoundingClientRect().height, scrollY);
    return before === window.placeBefore;
}"""
_IS_READY = "() => 'filled' in document.body.dataset && document.querySelector('#open-settings[aria-expanded]')"
# Nothing is on its way from the finished turns to the running one or back, and the chat of the address is there.
_IS_SETTLED = """() => {
    const isShown = selector => document.querySelector(selector)?.checkVisibility() ?? false;
    if (isShown("#stop")) return true;
    const isOpen = document.querySelector("#version :is(textarea, input)")?.value || isShown("#notice p");
    return !isShown("#live") && Boolean(isOpen || !new URLSearchParams(location.search).get("chat"));
}"""
# Puts a model into the settings, without the dialog.
_PICK = """named => {
    const [source, , , key] = named, { pickedModel, isPickedKey } = window;
    window.isPickedKey = (other, of) => (other === key && of === source) || isPickedKey(other, of);
    window.pickedModel = () => {
        window.pickedModel = pickedModel;
        return named;
    };
    document.querySelector("#picked-model").click();
}"""
# There are two such buttons. Which of them is visible changes when the list of chats opens.
_IS_KEPT = """async () => {
    const chat = new URLSearchParams(location.search).get("chat");
    return !(await (await fetch(`pulse?chat=${chat}`)).json()).running;
}"""
_BEGIN_ANEW = """() => {
    const button = [...document.querySelectorAll("#new, #chats .new")].find(one => one.checkVisibility());
    button?.click();
    return Boolean(button);
}"""
_LET_SETTLE = "() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 300)))"


class Visitor:
    """A person at the page, in a browser context of their own. errors: what the page's scripts failed with."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context = context
        self.errors: list[str] = []
        self._asked = 0  # questions in the chat, where one was asked and is not known to be answered
        self.page = context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(url)
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        """Until the settings are filled and the panel works."""
        expect(self.question).to_be_editable()
        self.page.wait_for_function(_IS_READY)

    @property
    def question(self) -> Locator:
        """The box that questions are typed into."""
        return self.page.locator("#question textarea")

    @property
    def chat(self) -> Locator:
        return self.page.locator("#chat")

    @property
    def questions(self) -> Locator:
        """The questions asked so far."""
        return self.chat.get_by_test_id("user")

    @property
    def work(self) -> Locator:
        """The lines that open to the steps of a turn, such as "Worked in 3 steps · 8 s"."""
        return self.chat.locator(".title:has(.work)")

    @property
    def steps(self) -> Locator:
        """The collapsible steps: the one that goes on, and those below a line that is open."""
        return self.chat.locator(".thought-group:not(:has(> .title .work))")

    def open_steps(self) -> None:
        """Open the lines that open to the steps."""
        for line in self.work.all():
            self.unfold(line)

    def unfold(self, title: Locator) -> None:
        """Open a step, or a line that opens to steps, also if the page opens or closes it at the same moment."""
        for _ in range(10):
            if not _is_open(title):
                title.click()
            self.let_settle()
            if _is_open(title):
                return
        raise AssertionError("It does not stay open.")

    @property
    def answers(self) -> Locator:
        """What the agent said outside its steps: answers, pictures and how a run ended."""
        return self.chat.get_by_test_id("bot").filter(
            has_not=self.page.locator(".thought-group, .files, .sources, .answer-bar, .turn-bar")
        )

    @property
    def doing(self) -> Locator:
        """What the page says that happens now."""
        return self.page.locator("#status").get_by_role("status")

    @property
    def files(self) -> Locator:
        """The links to what the code wrote."""
        return self.chat.get_by_test_id("bot").locator(".files a")

    @property
    def problem(self) -> Locator:
        """The line that says why something cannot be done."""
        return self.page.locator("#problem span")

    @property
    def waiting(self) -> Locator:
        """The questions that wait to be asked."""
        return self.page.locator("#next .next-question")

    def send(self, text: str) -> None:
        """Type into the question box and press Enter."""
        self.question.fill(text)
        self.question.press("Enter")

    def attach(self, *files: tuple[str, bytes]) -> None:
        """Add files to the question, as with the button for it, and wait until they are there."""
        shown = self.page.locator("#question .thumbnail-item")
        before = shown.count()
        kinds = [(name, mimetypes.guess_type(name)[0] or "application/octet-stream", data) for name, data in files]
        self.page.locator("#question input[type=file]").set_input_files(
            [{"name": name, "mimeType": kind, "buffer": data} for name, kind, data in kinds]
        )
        expect(shown).to_have_count(before + len(files))

    def ask(self, question: str) -> None:
        """Send a question and see it appear in the chat."""
        self.question.fill(question)
        self.ask_typed()

    def ask_typed(self) -> None:
        """Press Enter in the question box, and see what stands there appear in the chat."""
        self.page.wait_for_function(_IS_SETTLED)
        asked = self.questions.count()
        self.question.press("Enter")
        expect(self.questions).to_have_count(asked + 1)
        self._asked = asked + 1

    def wait_until_done(self) -> None:
        """Wait until no run is going on, and what was asked last stands among the finished turns."""
        expect(self.page.locator("#send")).to_be_visible()
        expect(self.page.locator("#stop")).to_be_hidden()
        expect(self.page.locator("#live")).to_be_hidden()
        if self._asked:
            expect(self.page.locator("#history").get_by_test_id("user")).to_have_count(self._asked)
            self._asked = 0

    def get_answer(self, question: str) -> str:
        """Ask, wait, and read the last thing that was said outside the steps."""
        self.ask(question)
        self.wait_until_done()
        expect(self.answers.last).to_have_text(re.compile(r"\S"))  # Gradio draws Markdown a moment later
        return self.answers.last.inner_text()

    def wait_until_kept(self) -> None:
        """Wait until the app has written what the page shows. It shows the end of a run a moment before that."""
        self.page.wait_for_function(_IS_KEPT)

    def begin_anew(self) -> None:
        """Press New chat."""
        self.page.wait_for_function(_BEGIN_ANEW)
        self._asked = 0

    def come_back(self) -> None:
        """Begin a new chat in the only page, as one who has opened nothing and typed nothing yet."""
        for page in self.context.pages:
            if page is not self.page:
                page.close()
        self.close_panel()
        self.begin_anew()
        self.page.wait_for_function("() => !new URLSearchParams(location.search).has('chat')")
        expect(self.chat.locator(".example")).not_to_have_count(0)
        expect(self.questions).to_have_count(0)
        self.question.fill("")

    def stop(self) -> None:
        """Press Stop, and wait until the page says that it has stopped and is ready again."""
        self.page.locator("#stop").click()
        self.wait_until_done()
        expect(self.answers.last).to_contain_text("Stopped")

    def reload(self) -> None:
        """Reload the page, a moment after what was done last."""
        self.let_settle()
        self.page.reload()
        self._wait_until_ready()

    def let_settle(self) -> None:
        """Wait for a moment: what the page keeps is written by then."""
        self.page.evaluate(_LET_SETTLE)

    @contextmanager
    def slow_app(self) -> Iterator[None]:
        """What happens on the page within this block reaches the app at its end."""
        late: list[Route] = []
        is_over = False
        self.page.route("**/queue/join*", lambda route: route.continue_() if is_over else late.append(route))
        yield
        is_over = True
        for route in late:
            route.continue_()

    def open_settings(self) -> None:
        """Open the panel at the settings, if it is not yet."""
        button = self.page.locator("#open-settings")
        if button.get_attribute("aria-expanded") != "true":
            button.click()
            expect(self.page.locator("#settings")).to_be_in_viewport()

    def close_panel(self) -> None:
        """Close the panel at the right, if it is open."""
        close = self.page.locator("#close-panel")
        if close.is_visible():
            close.click()
            expect(close).to_be_hidden()

    def open_section(self, name: str) -> None:
        """Unfold a section of the settings: "adding" or "own-presets"; or "reach", "limits" or "prompt" under Advanced.

        Its fields are made only then, and filled a moment later: what a program typed in between would be overwritten.
        """
        self.open_settings()
        if name in ADVANCED and not self.page.locator(f"#{name}").is_visible():
            self.open_section("advanced")
        self.page.locator(f"#{name} > button").click()
        self.let_settle()

    def field(self, name: str) -> Locator:
        """A text field of the settings, which are open then."""
        self.open_settings()
        return self.page.locator(f"#{name}").locator("input, textarea")

    def choose(self, name: str, label: str) -> None:
        """Choose an entry of a drop-down setting."""
        self.open_settings()
        self.page.locator(f"#{name} input").click()
        self.page.get_by_role("option", name=label).click()

    def connect(self, server: OpenAIServer, *, model: str = "openai/test", key: str = KEY) -> None:
        """Choose a model of a service, as the dialog of models does, and close the settings."""
        self.page.wait_for_function("() => window.pickedModel && 'filled' in document.body.dataset")
        self.page.evaluate(_PICK, ["litellm", model, server.url, key])
        self.let_settle()
        self.close_panel()

    def set_colours(self, scheme: Literal["dark", "light"]) -> None:
        """Have the system go dark or light, and the page with it."""
        self.page.emulate_media(color_scheme=scheme)
        expect(self.page.locator("body.dark")).to_have_count(int(scheme == "dark"))
        self.let_settle()

    def wait_until_still(self) -> None:
        """Wait until nothing in the chat moves or grows any more."""
        self.page.evaluate("delete window.placeBefore")
        self.page.wait_for_function(_STANDS_STILL, polling=300)

    def scrolls_sideways(self) -> bool:
        return self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def _is_open(title: Locator) -> bool:
    return "expanded" in (title.get_attribute("class") or "")


def code(text: str, thought: str = "Next.") -> str:
    """A reply that runs code."""
    return f"{thought}\n```python\n{text}\n```"


def last_question(body: dict) -> str:
    """The last thing that was said to the model in a request."""
    return re.split(r"next message:\n", body["messages"][-1]["content"])[-1]


def keep_screenshot(visitor: Visitor, name: str) -> None:
    """Leave a picture in build/screenshots once nothing moves any more."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    visitor.wait_until_still()
    visitor.page.screenshot(path=SCREENSHOTS / f"{name}.png")
