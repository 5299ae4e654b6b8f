"""The page: its layout, and which handler answers which event."""

from typing import Any

import gradio as gr

from ui.api.ask_endpoint import AskEndpoint
from ui.chats import Chats
from ui.checked_blocks import CheckedBlocks
from ui.composer import Composer
from ui.config import Config
from ui.event_options import ENDLESS, LATEST, QUIET
from ui.going_back import NOT_EDITING, GoingBack
from ui.handlers import Handlers
from ui.model_picker.first_run import WaysOn, examples
from ui.panel import Panel
from ui.permitted import Permitted
from ui.texts import read_text
from ui.tool_sources.owner_tools import OwnerTools
from ui.tool_sources.source_handlers import ToolSourceHandlers
from ui.view.escaping import FORMULAS
from ui.watching import Watching

_CHAT_IN_ADDRESS = "() => new URLSearchParams(location.search).get('chat') ?? ''"
_STATUS = '<div class="doing"><p role="status"></p><span class="seconds" aria-hidden="true"></span></div>'  # status.js
_UPLOADS = (600, 3_600)  # seconds: every ten minutes, delete uploads older than an hour; chats have their own copies
_LATEX = [{"left": left, "right": right, "display": left != "\\("} for left, right in FORMULAS]


def build_page(config: Config, chats: Chats, owner: OwnerTools, api: AskEndpoint, *, lasting: bool) -> gr.Blocks:
    """Build the whole page.

    The chat that is shown stands in the page's address. `chat_id` follows it: whatever sets `chat_id` changes the
    address, and whatever changes the address presses `opened`.

    Args:
        config: How the app is configured.
        chats: Holds the visitors' chats.
        owner: The tools that the app's owner gives to all chats.
        api: The endpoint that other programs may call.
        lasting: Whether chats outlast the app.
    """
    handlers, watching = Handlers(config, chats, owner), Watching(config, chats)
    with CheckedBlocks(
        config, title="Glassbox", fill_width=True, analytics_enabled=False, delete_cache=_UPLOADS
    ) as page:
        api.add_to(page)  # first, because otherwise the handlers below would take its name
        kept = gr.BrowserState({}, storage_key="glassbox-settings", secret="glassbox")  # readable after a restart
        begun, editing = gr.State(False), gr.State(NOT_EDITING)
        chat_id, version, doing = (
            gr.Textbox(visible="hidden", elem_id=name) for name in ("chat-id", "version", "doing")
        )
        opened, act, picked_model = (
            gr.Button(visible="hidden", elem_id=name) for name in ("open-chat", "act", "picked-model")
        )
        panel = Panel(config)
        form = panel.form
        with gr.Column(elem_id="chat"):
            history = _chatbot(
                placeholder=read_text("welcome"),
                examples=examples(),
                elem_id="history",
            )
            live = _chatbot(visible=False, elem_id="live")
            gr.HTML('<div class="place"></div>', apply_default_css=False, elem_id="echo")  # echo.js
            gr.HTML(_STATUS, elem_id="status")
            ways_on = WaysOn(config)
        composer = Composer(config, lasting=lasting)
        gr.HTML(read_text("shortcuts"), padding=False, elem_id="shortcuts-holder")
        label = {"fn": handlers.label, "inputs": [chat_id, form.key, form.source, form.model]}
        label |= {"outputs": [composer.demo, ways_on.column, composer.model], **ENDLESS, **LATEST}
        for chosen in form.wire(page, kept, picked_model, ToolSourceHandlers(config, owner)):
            chosen.then(**label)
        gr.on([form.key.change, form.model.change], **label)
        ways_on.wire(form.current_model)
        composer.model.click(None, form.current_model, None, js="(...current) => openModelPicker(current)", **QUIET)
        form.key.input(handlers.key_typed, [chat_id, form.key], None, **ENDLESS, trigger_mode="always_last")
        keys = [form.key, form.tool_source_form.keys]
        ask = {
            "fn": handlers.ask,
            "inputs": [composer.sent, chat_id, *keys, editing, *form.fields],
            "outputs": [chat_id, begun, editing, composer.editing],
            "js": "(_, ...others) => [sending.sent, ...others]",
            "trigger_mode": "multiple",
            **ENDLESS,
        }
        shown = [history, live, composer.question, composer.send, composer.stop, composer.meter]
        shown += [composer.notice, version, doing]
        watch = {"fn": watching.watch, "inputs": chat_id, "outputs": shown, **ENDLESS}
        watch["trigger_mode"] = (
            "multiple"  # so that a question is watched even if it is sent before the last watch has ended
        )
        watch_begun = watch | {"fn": watching.watch_if_begun, "inputs": [chat_id, begun]}
        read_address = {"fn": None, "outputs": chat_id, "js": _CHAT_IN_ADDRESS, **QUIET}
        page.load(**read_address).then(**watch)
        opened.click(**read_address).then(**watch)
        chat_id.change(None, chat_id, None, js="id => showChatInAddress(id)", **QUIET)
        chat_id.change(lambda: (NOT_EDITING, ""), None, [editing, composer.editing], **QUIET)  # it was the other chat's
        # Also when a run was over before it was seen: then only the version is new.
        gr.on([doing.change, version.change], None, doing, None, js="words => showStatus(words)", **QUIET)
        composer.wire_sending()
        asked = composer.ask.click(**ask)
        asked.success(None, chat_id, None, js="chat => sending.taken(chat)", **QUIET)
        asked.success(**watch_begun).then(None, None, None, js="() => sending.over()", **QUIET)
        asked.failure(**composer.drawn("refused"))
        go_on = {"fn": handlers.go_on, "inputs": [chat_id, *keys, *form.fields], "outputs": None, **ENDLESS}
        history.option_select(**go_on).success(**watch)
        going_back = {
            "fn": GoingBack(config, chats, handlers).act,
            "inputs": [act, chat_id, *keys, *form.fields],
            "outputs": [composer.question, editing, composer.editing],
            "js": "(_, ...others) => [window.pressedAct ?? '', ...others]",
            **ENDLESS,
        }
        act.click(**going_back).then(**watch)
        decided = live.option_select(handlers.decide, chat_id, None, **ENDLESS)
        Permitted(config, chats).wire(form.permitted, chat_id, panel.opened, decided)
        form.prompt_form.wire(handlers.prompt, [chat_id, *keys, *form.fields])
        composer.stop.click(handlers.stop, chat_id, None, **ENDLESS)
        composer.new.click(None, None, chat_id, js="() => ''", **QUIET).then(**watch)
    return page


def _chatbot(**settings: Any) -> gr.Chatbot:
    return gr.Chatbot(
        show_label=False,
        container=False,
        height=None,
        layout="bubble",
        buttons=[],  # its own would copy all that was said since the question; see copy_html
        latex_delimiters=_LATEX,
        autoscroll=False,
        **settings,
    )
