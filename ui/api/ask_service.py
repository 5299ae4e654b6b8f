"""Answers questions of other programs, each in a new chat, which is closed when nobody waits for it any more."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace

from agent_core import CodeAgent, GlassboxError, Limits, Session, Tool
from agent_core.events import PermissionAsked
from agent_core.models.base import Model
from agent_core.permissions import PERMISSIONS, Decision, PermissionRequest
from agent_core.prompts import fill
from ui.code_running import engine_of, runs_code_of
from ui.config import Config
from ui.fair_queue import FairQueue, Place
from ui.input_checks import check_key, check_text
from ui.seeing.seeing import Seeing
from ui.settings.limits import default_settings, owner_limits, owner_retry
from ui.settings.model_choice import choose_model_source, make_models
from ui.settings.model_sources import is_demo
from ui.settings.own_agent import OwnAgent
from ui.settings.settings import Settings, apply_settings
from ui.texts import read_text, words
from ui.texts.languages import ENGLISH, speaking
from ui.tool_sources.owner_tools import OwnerTools
from ui.tool_sources.shipped_tools import TOOLS
from ui.view.escaping import escape
from ui.view.sources import sources_markdown
from ui.view.titles import progress_text, title_of
from ui.view.transcript import Transcript
from ui.view.turn_view import StepView, TurnView

_ANSWERS = "The answer is Markdown, and may take minutes. Only text comes back, no pictures or files."
SUMMARY = (
    "Answers a question by writing Python and running it in a sandbox, step by step; it can search the web and read "
    f"pages. {_ANSWERS}"
)
QUESTION = "The question, with all that is needed to answer it: every call is a new chat."
LONGEST_SECONDS = 600.0  # for one answer, without the time in the queue
_PAUSE = 0.03  # seconds between two progress reports
_MOST_NAMES = 20
_SETTINGS = Settings(tools=[tool.name for tool in TOOLS if tool.name != "ask_user"])

ReportProgress = Callable[[str], Awaitable[None]]
"""Takes a progress report in a few words, such as "Step 2: Read a page of example.org"."""
ChooseModels = Callable[[str, Config], Awaitable[Sequence[Model]]]


async def models_as_on_the_page(token: str, config: Config) -> Sequence[Model]:
    """Return the models of the page's default settings: the Hub's if there is a token, else the demo."""
    return make_models(_SETTINGS, await choose_model_source(_SETTINGS, token, config), token, config)


class AskService:
    """Answers questions of other programs as the page does with its default settings.

    Args:
        config: The owner's settings.
        owner: The tools of the app's owner.
        choose_models: Returns the models to ask, given the caller's token, "" for none.
        seeing: Notices what goes on.
        own: The agent that the page was opened around; None for the page's own.

    Attributes:
        queue: The queue of the questions.
        summary: What it does, for those who write programs and for models.
    """

    def __init__(
        self,
        config: Config,
        owner: OwnerTools,
        choose_models: ChooseModels = models_as_on_the_page,
        seeing: Seeing | None = None,
        own: OwnAgent | None = None,
    ) -> None:
        self.summary = _summary_of(own) if own else SUMMARY
        self._own = own
        self.seeing = seeing or Seeing()
        self._config = config
        self._owner = owner
        self._choose_models = choose_models
        self.queue = FairQueue(config.asks_per_visitor, config.asks, own_taken="input.asking")
        self._working: set[asyncio.Task[str]] = set()

    async def answer(
        self, question: str, token: str, tell: ReportProgress, calls: set[asyncio.Task[str]], visitor: str
    ) -> str:
        """Answer a question. If cancelled, return at once, and close the chat in the background.

        Args:
            question: The question.
            token: The caller's Hugging Face token, "" for none.
            tell: Takes progress reports.
            calls: Holds the work while it is in progress, so that it can be cancelled there.
            visitor: Who asks.

        Returns:
            The answer as Markdown.

        Raises:
            GlassboxError: There is no answer.
        """
        question = check_text(question, "question")
        check_key(token)
        place = self.queue.join(visitor)
        work = asyncio.create_task(self._answer(question, token.strip(), tell, place))
        work.add_done_callback(lambda _: place.leave())
        for tasks in (self._working, calls):
            tasks.add(work)
            work.add_done_callback(tasks.discard)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            if work.cancelled() and self.queue.is_closed:
                raise GlassboxError(words("input.ending")) from None
            if work.cancelled():
                raise GlassboxError("Nobody waits for the answer any more, so it was stopped.") from None
            work.cancel()
            raise

    async def wind_down(self, seconds: float) -> None:
        """Let nothing begin any more, and wait for the answers in progress.

        Args:
            seconds: For how long to wait. What is in progress by then is stopped.
        """
        self.queue.close()
        if self._working:
            _, working = await asyncio.wait(self._working, timeout=seconds)
            for work in working:
                work.cancel()
            await asyncio.gather(*working, return_exceptions=True)

    async def _answer(self, question: str, token: str, tell: ReportProgress, place: Place) -> str:
        async with aclosing(place.waiting()) as news:
            async for before, seconds in news:
                await tell(f"Number {before} in the queue{f'; about {seconds} s' if seconds else ''}")
        if self._own:
            session, label = await self._session_of(self._own), ""
        else:
            session, label = await self._session(token)
        self.seeing.watch(session)
        return _text_of(await _run(session, question, tell), label)

    async def _session(self, token: str) -> tuple[Session, str]:
        """Return a new chat with the page's own agent, and what the answer begins with."""
        models = await self._choose_models(token, self._config)
        tools = await self._owner.tools()
        limits, retry = owner_limits(self._config), owner_retry(self._config)
        session = Session(CodeAgent(models[0], limits=limits, retry=retry, engine=engine_of(self._config)))
        code_runs = runs_code_of(self._config, "")  # a token that came with a question is for models
        _prepare(session, models, tools, limits, code_runs=code_runs)
        label = "answered_by_demo" if code_runs else "answered_by_recording"
        return session, read_text(label) if is_demo(models[0]) else ""

    async def _session_of(self, own: OwnAgent) -> Session:
        """Return a new chat with the agent that the page was opened around."""
        session, settings = Session(own.new(engine_of(self._config))), default_settings(self._config)
        own.answer_in(session, await own.make(settings, self._config), settings)
        _without_person(session, session.agent.limits)
        return session


async def _run(session: Session, question: str, tell: ReportProgress) -> TurnView:
    """Work on a question in a new chat, which is closed at the end. Raises GlassboxError after `LONGEST_SECONDS`."""
    transcript = Transcript()
    told: dict[int, str] = {}
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            session.start(question)
            async with aclosing(session.follow(pause=_PAUSE)) as news:
                async for events in news:
                    transcript.apply(events)
                    for number, text in _progress(transcript.turns[-1]).items():
                        if told.get(number) != text:
                            told[number] = text
                            await tell(text)
    except TimeoutError:
        minutes = f"{LONGEST_SECONDS / 60:.0f} minutes"
        raise GlassboxError(f"There was no answer within {minutes}. Ask a simpler question.") from None
    finally:
        await session.close()
    return transcript.turns[-1]


def _prepare(
    session: Session, models: Sequence[Model], tools: Sequence[Tool], limits: Limits, *, code_runs: bool
) -> None:
    """Set up the agent as on the page, but without a person to ask."""
    names = [*_SETTINGS.tools, *(tool.name for tool in tools)]
    apply_settings(session, _SETTINGS.model_copy(update={"tools": names}), models, tools, code_runs=code_runs)
    _without_person(session, limits)


def _without_person(session: Session, limits: Limits) -> None:
    """Have the agent know that nobody can be asked."""
    agent = session.agent
    agent.policy = replace(agent.policy, ask=_refuse)
    agent.limits = replace(limits, most_step_seconds=0)  # nobody can give a step more time
    agent.ask_user = None
    with speaking(ENGLISH):  # as all that the model is told
        agent.instructions = f"{agent.instructions}\n\n{read_text('ask_from_program')}".strip()


def _summary_of(own: OwnAgent) -> str:
    return f"Asks the agent {own.title!r}. {own.description}".strip() + f" {_ANSWERS}"


async def _refuse(_: PermissionRequest) -> Decision:
    """Deny every request. Without it the answer would be no too, but no event would say what was refused."""
    return "deny"


def _progress(turn: TurnView) -> dict[int, str]:
    """Return what each step does or did, in a few words, by its number."""
    return {step.number: f"Step {step.number}: {_doing(step, waits=turn.waiting is not None)}" for step in turn.steps}


def _doing(step: StepView, *, waits: bool) -> str:
    if step.running or (step.finished and step.code):
        reports = list(step.progress.values())
        return progress_text(reports[-1]) if reports else title_of(step.code, step.tools)
    return "Waiting for the model" if waits and not step.finished else "Thinking"


def _text_of(turn: TurnView, label: str) -> str:
    """Return the answer below its label, with notes on it. Raises GlassboxError for a run that failed."""
    end = turn.finished
    if end is None or end.reason in ("error", "stopped"):
        raise GlassboxError(end.message if end and end.message else "The run was stopped. Ask again.")
    answer = str(turn.answer) if turn.answer else "There is no answer."
    if turn.answer and turn.answer.kind != "image":
        answer = turn.answer.data.get("text/markdown", answer)
    parts = [label, answer, sources_markdown(turn) if turn.answer else ""]
    parts += [end.message, _left_out(turn), _refused(turn)]
    return "\n\n".join(part for part in parts if part)


def _left_out(turn: TurnView) -> str:
    """Return a note on what the code made and the caller does not get; "" for nothing."""
    shown = Counter(display.kind for step in turn.steps for display in step.displays)
    shown.update([turn.answer.kind] if turn.answer else [])
    counts = ((shown["image"], "picture"), (shown["interactive"], "interactive view"))
    made = [f"{count} {name}{'s' if count > 1 else ''}" for count, name in counts if count]
    made += [escape(file.name) for file in turn.changed_files]
    return fill(read_text("files_left_out"), made=_listed(made)) if made else ""


def _refused(turn: TurnView) -> str:
    """Return a note on what was not allowed; "" for nothing."""
    asked = (asked for step in turn.steps for asked in step.asked if isinstance(asked, PermissionAsked))
    names = list(dict.fromkeys(PERMISSIONS[request.kind].action.format(name=escape(request.name)) for request in asked))
    return f"Not allowed, because nobody could be asked: {_listed(names)}." if names else ""


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more
