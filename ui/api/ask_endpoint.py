"""`ask` as an endpoint of the page's API."""

import asyncio
import itertools
from collections import defaultdict

import gradio as gr
from gradio import events

from agent_core import GlassboxError
from ui.api.ask_service import QUESTION, AskService
from ui.config import Config
from ui.visitors import visitor_of


class AskEndpoint:
    """The page's API endpoint for other programs. If a client disconnects, its calls end."""

    def __init__(self, config: Config, answers: AskService) -> None:
        self._config = config
        self._answers = answers
        self._calls: defaultdict[str, set[asyncio.Task[str]]] = defaultdict(set)

    def add_to(self, page: gr.Blocks) -> None:
        """Publish `ask`. Call this while the page is built."""
        description = f"{self._answers.summary} question: {QUESTION}"
        events.api(self.ask, api_name="ask", api_description=description, concurrency_limit=None)
        page.unload(self.leave)

    async def ask(self, question: str, request: gr.Request, x_hf_token: gr.Header | None = None) -> str:
        """See `AskService.summary`. x_hf_token: the header in which callers send their own Hugging Face token."""
        progress = gr.Progress()  # as a parameter, `gr.api` would take it for one of the endpoint's
        if not isinstance(question, str):  # Gradio takes whatever comes
            raise gr.Error("The question must be text.", print_exception=False)
        numbers, client = itertools.count(1), request.session_hash or ""

        async def tell(text: str) -> None:
            progress((next(numbers), None), desc=text)

        try:
            visitor = visitor_of(request, self._config)
            return await self._answers.answer(question, x_hf_token or "", tell, self._calls[client], visitor)
        except GlassboxError as error:
            raise gr.Error(str(error), print_exception=False) from None
        finally:
            self._calls = defaultdict(set, {client: calls for client, calls in self._calls.items() if calls})

    async def leave(self, request: gr.Request) -> None:
        """End the calls of a client that has disconnected."""
        for call in self._calls.get(request.session_hash or "", set()).copy():
            call.cancel()
