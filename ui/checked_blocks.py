"""A page that answers whatever is sent to it."""

import copy
import logging
from typing import Any

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.data_classes import BlocksConfigDict
from gradio.state_holder import SessionState

from agent_core.text import whole_characters
from ui.config import Config
from ui.gradio_costs import make_cheap
from ui.texts import words
from ui.texts.languages import ENGLISH, current_language, language_of, speaking
from ui.visitor_queue import VisitorsQueue
from ui.visitors import visitor_of

logger = logging.getLogger(__name__)

_LONGEST_PATH = 4_000
_LARGEST_NUMBER = 2**63  # and smaller: what Gradio can send back


class CheckedBlocks(gr.Blocks):
    """A page that answers whatever is sent to it with a sentence, not only what its own scripts send."""

    def __init__(self, config: Config, **settings: Any) -> None:
        self._visitors = config
        self._translated: dict[str, gr.Blocks] = {}
        self._configs: dict[str, BlocksConfigDict] = {}
        make_cheap()
        super().__init__(**settings)

    def lend_words(self, language: str, page: gr.Blocks) -> None:
        """Have who speaks another language see the words of a page that is the same in it, with the events of this one.

        Gradio's own I18n leaves out choices, examples, tabs, and all but the first words within HTML.
        """
        self._translated[language] = page

    @property
    def config(self) -> BlocksConfigDict:
        """What the browser draws the page from, in the language of the request."""
        language = current_language()
        return self._configs.get(language) or self._configs[ENGLISH]

    @config.setter
    def config(self, config: BlocksConfigDict) -> None:
        self._configs = {ENGLISH: config}
        for language, page in self._translated.items():
            with speaking(language):
                lent = page.get_config_file()["components"]
            components = [
                {**own, "props": other["props"]} for own, other in zip(config["components"], lent, strict=True)
            ]
            self._configs[language] = {**config, "components": components}

    def queue(self, *args: Any, **settings: Any) -> "CheckedBlocks":
        """Have a queue that is bounded for each visitor, instead of Gradio's own."""
        super().queue(*args, **settings)
        self._queue = VisitorsQueue(self, self._visitors)
        return self

    async def preprocess_data(
        self, block_fn: BlockFunction, inputs: list[Any], state: SessionState | None, explicit_call: bool = False
    ) -> list[Any]:
        """What the page's events are given. Raises gr.Error for what cannot be read."""
        try:
            return await super().preprocess_data(block_fn, readable(inputs), state, explicit_call)
        except gr.Error:
            raise
        except Exception:  # Gradio's components raise all kinds
            raise gr.Error(words("input.unreadable")) from None

    async def postprocess_data(
        self, block_fn: BlockFunction, predictions: list[Any] | dict[str, Any], state: SessionState | None
    ) -> list[Any]:
        """What goes to the browser. What is skipped costs nothing: Gradio would build its component anew each time."""
        outputs = block_fn.outputs
        if not isinstance(predictions, list | tuple) or len(predictions) != len(outputs) or len(outputs) == 1:
            return await super().postprocess_data(block_fn, predictions, state)
        skipped = [is_skip(value) for value in predictions]
        if all(skipped):
            return [gr.skip() for _ in outputs]
        rest = copy.copy(block_fn)
        rest.outputs = [output for output, skip in zip(outputs, skipped, strict=True) if not skip]
        values = [value for value, skip in zip(predictions, skipped, strict=True) if not skip]
        # For one output Gradio takes the value itself.
        sent = iter(await super().postprocess_data(rest, values if len(values) > 1 else values[0], state))
        return [gr.skip() if skip else next(sent) for skip in skipped]

    async def process_api(self, *args: Any, event_data: gr.EventData | None = None, **kwargs: Any) -> dict[str, Any]:
        """An event. What is wrong with it is said to the one who sent it, and is no fault to be logged."""
        request = kwargs.get("request")
        if isinstance(request, gr.Request) and request.session_hash:  # that a page is gone does not pass the queue
            await self._queue.keep(request.session_hash, visitor_of(request, self._visitors))
        try:
            if event_data:
                event_data._data = readable(event_data._data)
            with speaking(_language_of(request)):
                return await super().process_api(*args, event_data=event_data, **kwargs)
        except gr.Error as error:
            error.print_exception = False
            raise
        except Exception:  # Gradio would print its text, which may quote anything
            logger.exception("An event of the page failed")
            raise gr.Error(words("input.failed"), print_exception=False) from None


def _language_of(request: Any) -> str:
    """Return the language that an event is answered in: it is no longer handled where its request came in."""
    return language_of(request.headers.get("accept-language", "")) if isinstance(request, gr.Request) else ENGLISH


def is_skip(value: Any) -> bool:
    """Return whether a value is that of gr.skip()."""
    return isinstance(value, dict) and value == gr.skip()


def readable(data: Any) -> Any:
    """What was sent, with � for what no answer could hold.

    Raises gr.Error for a number that none could hold, and for a file that lies at an address: Gradio would fetch it.
    """
    match data:
        case str():
            return whole_characters(data)
        case list():
            return [readable(value) for value in data]
        case dict():
            path = str(data.get("path", ""))
            if "://" in path or "\0" in path or len(path) > _LONGEST_PATH:
                raise gr.Error(words("input.not_uploaded"))
            return {whole_characters(name): readable(value) for name, value in data.items()}
        case int() if abs(data) >= _LARGEST_NUMBER:
            raise gr.Error(words("input.unreadable"))
    return data
