"""What a tool can do while it works, beside returning a result: tell how far it is, ask the person, ask for addresses.

All of it works inside a call that an agent makes. Elsewhere, as in a program that calls the tool's function itself,
nobody is told or asked, and every address may be opened.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Generator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from agent_core.errors import ToolError
from agent_core.events import QuestionAnswered, QuestionAsked, ToolEvent, ToolFinished, ToolProgress, ToolStarted
from agent_core.execution import FileNote
from agent_core.net.egress import SEARCHES_IN_STEP, Egress, Excess
from agent_core.net.host_allowlist import allows
from agent_core.net.url_allowlist import NamedBy, UrlAllowlist
from agent_core.net.urls import host_and_port, parse_url, site_of, with_port
from agent_core.permissions import Grant, PermissionKind
from agent_core.questions import AskUser, Question
from agent_core.text import truncate

if TYPE_CHECKING:
    from agent_core.tools.chat_files import ChatFiles

ANSWER_SECONDS = 900.0  # for which a question waits
_PROGRESS_SECONDS = 0.2  # between two reports of one call; what comes in between is dropped
_SHOWN = 200  # characters of an argument in an event
_LONGEST_REPORT = 200  # characters
_LONGEST_QUESTION = 2_000
_LONGEST_ASKED = 1_000  # characters of an address that a person is asked about, and has to see whole
_LONGEST_OPTION = 200
_MOST_OPTIONS = 10

_NOBODY = "Nobody can be asked here. Decide by yourself, and say in the answer what you assumed."
_NO_ANSWER = "The user gave no answer. Go on without it, and say in the answer what you assumed."
_MEANING = (
    "The agent wants to open {url}. This address came neither from you, nor from a search, nor from a page that was "
    "opened: what the chat knows could be sent away in it."
)
_REFUSED = (
    "Opening {url} was not allowed: it came neither from the user, nor from a search, nor from an opened page. "
    "Search for the page, or answer without it."
)
_TOO_LONG = (
    "Opening {url}… is not allowed: it came neither from the user, nor from a search, nor from an opened page, and is "
    "too long to ask the user about. Search for the page, or answer without it."
)
MANY_SITES, MANY_SEARCHES = "many sites", "many searches"  # what a person is asked for, where it is no host
_MANY_OPENED = (
    "The agent has opened {count} pages{of_site} in this {period} that {nobody}, and wants to open more, next "
    "{url}. Which of many addresses it opens could carry away what the chat knows."
)
_MANY_REFUSED = (
    "Opening {url} was not allowed: in this {period} {count} pages{of_site} were opened that {nobody}. "
    "Go on with what you have read."
)
_NOBODY_NAMED = {
    "step": "neither the user nor a search named",
    "chat": "the user never named, or only in a long list",
}
_MANY_SEARCHED = (
    "The agent has made {count} web searches in this step and wants to make more, next “{query}”. What it searches for "
    "goes to search engines, and could carry away what the chat knows."
)
_SEARCH_REFUSED = "More than {count} searches in one step were not allowed. Go on with what you have found."

logger = logging.getLogger(__name__)

Allow = Callable[[PermissionKind, str, str], Awaitable[bool]]
"""Whether a person permits something: its kind, its name, its meaning in plain words."""


@dataclass(frozen=True)
class RunContext:
    """For whom tools work.

    hosts: as in a Policy; addresses there are opened unasked, as those of `addresses` are, and those of hosts that
    `grants` has. outgoing: counts what is sent out unasked. files: the workspace.
    """

    hosts: Sequence[str] = ()
    grants: Collection[Grant] = ()
    addresses: UrlAllowlist = field(default_factory=UrlAllowlist)
    outgoing: Egress = field(default_factory=Egress)
    ask_user: AskUser | None = None
    files: "ChatFiles | None" = None


class ToolContext:
    """One call of a tool. emit, allow: take its events and ask for permissions, on the event loop it is made on.

    files: those that the tool put into the workspace.
    """

    def __init__(self, tool: str, emit: Callable[[ToolEvent], None], allow: Allow) -> None:
        self.id = uuid4().hex
        self.tool = tool
        self.emit = emit
        self.allow = allow
        self.files: list[FileNote] = []
        self._began = 0.0
        self._loop = asyncio.get_running_loop()
        self._reported = float("-inf")
        self._limit: asyncio.Timeout | None = None
        self._left = 0.0
        self._waits = 0
        self.is_over = False

    def begin(self, arguments: Mapping[str, Any]) -> None:
        """Tell that the call is made."""
        self._began = time.monotonic()
        self.emit(ToolStarted(self.id, self.tool, {name: _shown(value) for name, value in arguments.items()}))

    def end(self, error: str | None) -> None:
        """Tell that the call is over. error: the sentence that whoever called is given; None for a result."""
        self.emit(ToolFinished(self.id, self.tool, time.monotonic() - self._began, error))

    @contextmanager
    def entered(self) -> Generator[None]:
        """Be the call that the functions of this module are about."""
        outer = _call.set(self)
        try:
            yield
        finally:
            self.is_over = True
            _call.reset(outer)

    @asynccontextmanager
    async def limited(self, seconds: float) -> AsyncGenerator[None]:
        """Raise TimeoutError after so many seconds, the time not counted in which a person is asked."""
        async with asyncio.timeout(seconds) as self._limit:
            yield

    @contextmanager
    def standing_still(self) -> Generator[None]:
        """A person is asked: meanwhile the call's time does not pass."""
        limit, self._waits = self._limit, self._waits + 1
        if limit and self._waits == 1 and (ends := limit.when()) is not None:
            self._left = ends - self._loop.time()
            limit.reschedule(None)
        try:
            yield
        finally:
            self._waits -= 1
            if limit and not self._waits and not limit.expired():
                limit.reschedule(self._loop.time() + self._left)

    def report(self, text: str) -> None:
        now = time.monotonic()
        if self.is_over or now - self._reported < _PROGRESS_SECONDS:
            return
        self._reported = now
        with suppress(RuntimeError):  # the loop is closed: a thread that was left behind goes on
            self._loop.call_soon_threadsafe(self._tell, ToolProgress(self.id, self.tool, text[:_LONGEST_REPORT]))

    def _tell(self, event: ToolProgress) -> None:
        if not self.is_over:
            self.emit(event)


chat: ContextVar[RunContext | None] = ContextVar("chat", default=None)
_call: ContextVar[ToolContext | None] = ContextVar("call", default=None)


@asynccontextmanager
async def limited(seconds: float) -> AsyncGenerator[None]:
    """The time limit of a tool, for the call that is being made, if any. Raises TimeoutError."""
    call = _call.get()
    async with call.limited(seconds) if call else asyncio.timeout(seconds):
        yield


def report(text: str) -> None:
    """Tell in a few words how far the tool is. Works in threads too; at most a few reports a second are shown."""
    if call := _call.get():
        call.report(text)


def cancelled() -> bool:
    """Whether the call is over, stopped or out of time, while its thread still works: a long loop had better end."""
    call = _call.get()
    return call is not None and call.is_over


def in_call() -> bool:
    """Whether the tool is called on behalf of a model or of the sandbox's code, rather than by the program itself."""
    return _call.get() is not None


def note_file(file: FileNote) -> None:
    """Tell that the tool put a file into the workspace."""
    if call := _call.get():
        call.files.append(file)


async def ask(question: str, options: Sequence[str] = ()) -> str:
    """Ask the person, and wait for the answer. options: answers to choose from; any other may be given, too.

    Raises ToolError where nobody can be asked or nobody answered.
    """
    call, current = _call.get(), chat.get()
    if not call or not current or not current.ask_user:
        raise ToolError(_NOBODY)
    if not question.strip():
        raise ToolError("There is no question. Say what you need to know.")
    shown = tuple(option[:_LONGEST_OPTION] for option in options if option.strip())[:_MOST_OPTIONS]
    asked = Question(uuid4().hex, question.strip()[:_LONGEST_QUESTION], shown)
    answer = None
    call.emit(QuestionAsked(asked.id, asked.text, asked.options))
    try:
        with call.standing_still():
            answer = await _answer_to(current.ask_user, asked)
    finally:
        call.emit(QuestionAnswered(asked.id, answer))
    if not answer:
        raise ToolError(_NO_ANSWER)
    return answer


async def _answer_to(ask_user: AskUser, question: Question) -> str | None:
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return (await ask_user(question)).strip()
    except TimeoutError:
        return None
    except Exception:
        logger.exception("A question could not be asked")
        return None


def learn_addresses(urls: Iterable[str] = (), text: str = "", *, by: NamedBy = NamedBy.PAGE) -> None:
    """Make addresses known to the chat, so that some may be opened unasked: search results, links of an opened page.

    text: the addresses that are written in it. Only what was not made up by the model may come here.
    """
    if current := chat.get():
        current.addresses.add(urls, by)
        current.addresses.add_from(text, by)


async def check_address(url: str, *, sends: bool = True) -> bool:
    """Ask the person before a web address is opened that the chat does not know, and before too many are.

    Otherwise a page with instructions in it could have the chat's secrets sent away in an address, or spelled in the
    choice of addresses. sends: whether anything will be sent there; a kept copy needs nothing. Raises ToolError where
    it may not be opened. Returns whether the chat knows the address now. Where only its host is allowed, the model may
    have made it up, and its page may repeat what is in it: then nothing is to be learned from that page.
    """
    call, current = _call.get(), chat.get()
    if not call or not current:
        return True
    host, port = host_and_port(url)
    is_allowed = _allows(current, host, port)
    if url not in current.addresses:
        if is_allowed:
            return False
        await _ask_for_address(call, current, url, with_port(host, port))
    if sends and not is_allowed:
        await _check_number(call, current, url, host, port)
    return True


def is_allowed_host(url: str) -> bool:
    """Whether any address of its host may be opened, also one that the model made up. Raises ToolError for no address.

    It is what redirects have to keep to that come from such an address: they may carry on what is in it.
    """
    current = chat.get()
    return not current or not in_call() or _allows(current, *host_and_port(url))


async def check_search(query: str) -> None:
    """Ask the person before too many searches are made in one step. Raises ToolError where no more may be made."""
    call, current = _call.get(), chat.get()
    if not call or not current or ("search", MANY_SEARCHES) in current.grants or not current.outgoing.search():
        return
    told = {"count": SEARCHES_IN_STEP, "query": " ".join(query.split())[:200]}
    if not await _allowed(call, current, "search", MANY_SEARCHES, MANY_SEARCHES, _MANY_SEARCHED.format(**told)):
        raise ToolError(_SEARCH_REFUSED.format(**told))


async def _ask_for_address(call: ToolContext, current: RunContext, url: str, name: str) -> None:
    """Ask the person about an address that nobody named. Raises ToolError where it may not be opened."""
    if len(_as_sent(url)) > _LONGEST_ASKED:
        raise ToolError(_TOO_LONG.format(url=url.strip()[:200]))
    with call.standing_still():
        allowed = await call.allow("address", name, _MEANING.format(url=_as_sent(url)))
    if not allowed:
        raise ToolError(_REFUSED.format(url=url.strip()[:200]))
    current.addresses.add([url], NamedBy.PERSON)


async def _check_number(call: ToolContext, current: RunContext, url: str, host: str, port: int) -> None:
    """Count the opening of a known address, and ask where there were many. Raises ToolError where it is one too many.

    It is counted before anything is awaited: calls at the same time cannot pass together.
    """
    by, name = current.addresses.named_by(url), with_port(host, port)
    opening = current.outgoing.open(url, name, site_of(host), NamedBy.PAGE if by is None else by)
    for excess in opening.exceeded:
        asked = name if excess.site else MANY_SITES
        told = {**_words_for(excess), "url": _as_sent(url)[:200]}
        if not await _allowed(call, current, "address", asked, excess.site, _MANY_OPENED.format(**told)):
            opening.not_made()
            raise ToolError(_MANY_REFUSED.format(**told))


def _as_sent(url: str) -> str:
    """An address as it goes out: without spaces and the like, by which a part of it could pass for words about it."""
    return str(parse_url(url))


def _words_for(excess: Excess) -> dict[str, str]:
    return {
        "count": str(excess.count),
        "of_site": f" of {excess.site}" if excess.site else "",
        "period": excess.period,
        "nobody": _NOBODY_NAMED[excess.period],
    }


async def _allowed(
    call: ToolContext, current: RunContext, kind: PermissionKind, name: str, site: str, meaning: str
) -> bool:
    """Whether a person allows more of something: for the chat, for this step, or now that they are asked."""
    if (kind, name) in current.grants:
        return True
    with call.standing_still():
        return await current.outgoing.is_allowed(name, site, lambda: call.allow(kind, name, meaning))


def _allows(current: RunContext, host: str, port: int) -> bool:
    """Whether any address of a host may be opened."""
    return allows(current.hosts, host, port) or ("address", with_port(host, port)) in current.grants


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return truncate(text, _SHOWN)
