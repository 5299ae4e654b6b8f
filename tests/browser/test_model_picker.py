"""Choosing a model in the dialog: on a desk, on a phone, by keys, with a pasted key, from a server of this computer."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.visitor import DESK, KEY, PHONE, STILL, Visitor, keep_screenshot
from tests.doubles.hub_server import hub_server, served
from tests.doubles.openai_server import OpenAIServer, Reply
from tests.support import App, running_app

MODELS = [
    served("openai/gpt-oss-120b"),
    served("Qwen/Qwen2.5-Coder-32B-Instruct", window=32_768),
    served("meta-llama/Llama-4-Maverick-17B-128E-Instruct", pictures=True, window=1_048_576),
    *(served(f"somebody/Small-{number}B", tools=False) for number in range(20)),
]

FIRST_USE = 60_000  # milliseconds: on a busy machine it takes long to load litellm


@pytest.fixture(scope="module")
def ollama() -> Iterator[OpenAIServer]:
    """A server of this computer with one model."""
    with OpenAIServer(lambda _: "From this computer.") as server:
        server.said["/v1/models"] = {"object": "list", "data": [{"id": "qwen3:8b", "object": "model"}]}
        yield server


@pytest.fixture(scope="module")
def openai() -> Iterator[OpenAIServer]:
    """What the app takes for OpenAI."""
    with OpenAIServer(lambda _: "From OpenAI.") as server:
        yield server


@pytest.fixture(scope="module")
def home(ollama: OpenAIServer, openai: OpenAIServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """An app whose Hub lists models, and which looks for servers at one port."""
    port = ollama.url.split(":")[2].split("/")[0]
    with hub_server() as hub:
        hub.models = MODELS
        folder = tmp_path_factory.mktemp("home")
        surroundings = {"HF_ENDPOINT": hub.url, "GLASSBOX_SERVERS": port, "OPENAI_API_BASE": openai.url}
        with running_app(folder, **surroundings) as app:
            yield app


@pytest.fixture
def arrive(browser: Browser, home: App) -> Iterator[Callable[..., Visitor]]:
    """Opens the page of that app as a new visitor."""
    visitors: list[Visitor] = []

    def open_page(**options: Any) -> Visitor:
        visitors.append(Visitor(browser.new_context(**STILL | options), home.url))
        return visitors[-1]

    yield open_page
    for visitor in visitors:
        visitor.context.close()
    assert [error for visitor in visitors for error in visitor.errors] == []
    assert "Traceback" not in home.log.read_text()


def chip(visitor: Visitor) -> Locator:
    return visitor.page.locator("#model-chip")


def open_picker(visitor: Visitor) -> Locator:
    """Press the chip, and wait for the list."""
    chip(visitor).click()
    picker = visitor.page.get_by_role("dialog", name="Choose a model")
    expect(option(picker, "gpt-oss-120b").last).to_be_attached()
    return picker


def options(picker: Locator) -> Locator:
    return picker.get_by_role("listbox").get_by_role("option")


def option(picker: Locator, name: str) -> Locator:
    return options(picker).filter(has_text=name)


def paste_key(picker: Locator, key: str) -> None:
    picker.get_by_label("Key or token").fill(key)
    picker.get_by_role("button", name="Use this key").click()


def test_a_model_of_the_hub_is_found_chosen_and_remembered(arrive):
    visitor = arrive(**DESK)
    expect(chip(visitor)).to_have_text("Demo")
    picker = open_picker(visitor)
    expect(options(picker).first).to_have_text("Qwen2.5-Coder-32BQwen · tools · 32k tokens")
    expect(option(picker, "Maverick")).to_have_text(re.compile("meta-llama · tools · pictures · 1M tokens"))
    keep_screenshot(visitor, "picker-desk")
    picker.get_by_role("combobox", name="Search models").fill("oss openai")
    expect(options(picker)).to_have_count(1)
    option(picker, "gpt-oss-120b").click()
    expect(option(picker, "gpt-oss-120b")).to_have_attribute("aria-selected", "true")
    expect(picker.get_by_text("Paste a key of Hugging Face here")).to_be_visible()  # it needs one
    picker.get_by_role("button", name="Done").click()
    expect(chip(visitor)).to_have_text("gpt-oss-120b")
    expect(chip(visitor)).to_have_attribute("aria-label", "Model: gpt-oss-120b")
    expect(visitor.page.locator("#source input")).to_have_value("Hugging Face")
    expect(visitor.field("model")).to_have_value("openai/gpt-oss-120b")
    expect(visitor.page.locator("#ways-on")).to_be_hidden()
    visitor.reload()
    expect(chip(visitor)).to_have_text("gpt-oss-120b")
    picker = open_picker(visitor)
    recent = picker.get_by_role("group", name="Recent")
    expect(recent.get_by_role("option")).to_have_text(re.compile("gpt-oss-120b"))
    expect(recent.get_by_role("option")).to_have_attribute("aria-selected", "true")


def test_a_choice_is_not_lost_that_is_made_before_the_settings_are_there(arrive):
    visitor = arrive(**DESK)
    with visitor.slow_app():
        visitor.page.reload()
        visitor.page.wait_for_function("() => window.pickedModel")
        picker = open_picker(visitor)
        option(picker, "gpt-oss-120b").click()
        picker.get_by_role("button", name="Done").click()
        visitor.let_settle()
    expect(chip(visitor)).to_have_text("gpt-oss-120b")
    visitor.let_settle()
    expect(visitor.field("model")).to_have_value("openai/gpt-oss-120b")


def test_it_is_all_done_by_keys(arrive):
    visitor = arrive(**DESK)
    page = visitor.page
    chip(visitor).focus()
    page.keyboard.press("Enter")
    search = page.get_by_role("combobox", name="Search models")
    expect(search).to_be_focused()
    expect(page.locator("#model-list .row").nth(2)).to_be_attached()
    page.keyboard.type("small")
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    active = page.locator(f"#{search.get_attribute('aria-activedescendant')}")
    expect(active).to_contain_text("Small-2B")
    expect(search).to_be_focused()
    page.keyboard.press("Enter")
    expect(active).to_have_attribute("aria-selected", "true")
    expect(page.get_by_label("Key or token").last).to_be_focused()  # because it needs one
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(chip(visitor)).to_be_focused()
    expect(chip(visitor)).to_have_text("Small-2B")


def test_a_server_of_this_computer_answers_after_one_press(arrive, ollama):
    visitor = arrive(**DESK)
    asked = len(ollama.asked)
    visitor.page.get_by_role("button", name="A server on this computer").click()
    picker = visitor.page.get_by_role("dialog", name="Choose a model")
    expect(picker.get_by_text("1 server answers")).to_be_visible()
    assert ollama.asked[asked:] == [("/v1/models", None)], "it was asked before somebody wanted it to be"
    option(picker, "qwen3:8b").click()
    picker.get_by_role("button", name="Test").click()
    expect(picker.get_by_text(re.compile(r"^✓ qwen3:8b answers \(\d+\.\d s\)$"))).to_be_visible(timeout=FIRST_USE)
    keep_screenshot(visitor, "picker-tested")
    picker.get_by_role("button", name="Done").click()
    expect(chip(visitor)).to_have_text("qwen3:8b")
    expect(visitor.field("address")).to_have_value(ollama.url)
    assert visitor.get_answer("Hello?") == "From this computer."


def test_a_pasted_key_brings_its_providers_models_and_goes_to_no_other(arrive, openai, ollama):
    visitor = arrive(**PHONE)
    before = len(ollama.requests)
    visitor.page.get_by_role("button", name="Paste a key").click()
    picker = visitor.page.get_by_role("dialog", name="Choose a model")
    expect(picker.get_by_label("Key or token")).to_be_focused()
    paste_key(picker, "sk-proj-" + KEY)
    expect(picker.get_by_text("Now choose one of the models of OpenAI.")).to_be_visible()
    assert not visitor.scrolls_sideways()
    keep_screenshot(visitor, "picker-phone")
    picker.get_by_role("combobox", name="Search models").fill("openai gpt-4.1-mini")
    options(picker).filter(has=visitor.page.get_by_text("gpt-4.1-mini", exact=True)).click()
    picker.get_by_role("button", name="Test").click()
    expect(picker.get_by_text("✓ gpt-4.1-mini answers")).to_be_visible(timeout=FIRST_USE)
    picker.get_by_role("button", name="Done").click()
    assert visitor.get_answer("Hello?") == "From OpenAI."
    sent = [request.headers["authorization"] for request in openai.requests]
    assert sent and set(sent) == {f"Bearer sk-proj-{KEY}"}
    picker = open_picker(visitor)
    picker.get_by_role("button", name="Look for a server").click()
    option(picker, "qwen3:8b").click()
    picker.get_by_role("button", name="Done").click()
    assert visitor.get_answer("And now?") == "From this computer."
    assert KEY not in str([request.headers for request in ollama.requests[before:]])
    assert KEY not in visitor.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")


def test_a_pasted_token_of_the_hub_brings_a_model_and_the_dialog_names_it(arrive):
    visitor = arrive(**DESK)
    visitor.page.get_by_role("button", name="Paste a key").click()
    picker = visitor.page.get_by_role("dialog", name="Choose a model")
    paste_key(picker, "hf_" + KEY)
    expect(picker.locator(".current")).to_have_text("Qwen2.5-Coder-32B answers your next message.")


def test_closing_ends_a_test(arrive, serve):
    server = serve(lambda _: Reply(fault="hang"))
    visitor = arrive(**DESK)
    visitor.connect(server)
    picker = open_picker(visitor)
    picker.get_by_role("button", name="Test").click()
    assert server.wait_for_requests(timeout=FIRST_USE / 1_000)
    expect(picker.get_by_text("Asking it for a word …")).to_be_visible()
    visitor.page.keyboard.press("Escape")
    assert server.wait_for_disconnects()


def test_beside_the_key_a_test_says_what_is_wrong(arrive, serve):
    refusal = Reply(status=401, error="no")
    visitor, server = arrive(**DESK), serve([refusal, "ready"])
    visitor.connect(server)
    visitor.open_settings()
    said = visitor.page.locator("#checked-model")
    visitor.page.locator("#check-model").click()
    expect(said).to_contain_text("The service refused the key for test. Check the key", timeout=FIRST_USE)
    visitor.page.locator("#check-model").click()
    expect(said).to_have_text(re.compile(r"^✓ test answers \(\d+\.\d s\)$"))
    assert [request.headers["authorization"] for request in server.requests] == [f"Bearer {KEY}"] * 2
