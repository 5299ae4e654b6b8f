"""Permission to open web addresses and to search, so that nothing a chat knows is sent away unseen.

An instruction in a page could have the chat's secrets sent away in an address, or spelled in a choice of addresses.
Addresses that the chat knows (from the person, a search or an opened page) are opened without asking, up to a number;
about all others the person is asked.
"""

from collections.abc import Iterable

from agent_core.errors import ToolError
from agent_core.net.egress_budget import SEARCHES_IN_STEP, Excess
from agent_core.net.host_allowlist import allows
from agent_core.net.url_allowlist import NamedBy
from agent_core.net.urls import host_and_port, parse_url, site_of, with_port
from agent_core.permissions import PermissionKind
from agent_core.tools.context.run_context import RunContext, run_context
from agent_core.tools.context.tool_context import ToolContext, current_call

_LONGEST_ASKED = 1_000  # characters of an address that a person is asked about, and has to see whole
_LONGEST_SHOWN = 200  # characters of an address or a query in a sentence
_MANY_SITES, _MANY_SEARCHES = "many sites", "many searches"  # names of permissions that are for no single host

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


def learn_addresses(urls: Iterable[str] = (), text: str = "", *, by: NamedBy = NamedBy.PAGE) -> None:
    """Make addresses known to the chat, so that they may be opened without asking.

    Pass only what a person, a search or an opened page named, and nothing that a model may have made up.

    Args:
        urls: Addresses, such as search results or the links of an opened page.
        text: Text whose addresses become known.
        by: Who named them.
    """
    if run := run_context.get():
        run.addresses.add(urls, by)
        run.addresses.add_from(text, by)


async def check_address(url: str, *, sends: bool = True) -> bool:
    """Ask the person before an address is opened that the chat does not know, and before too many are.

    Outside of an agent's call every address may be opened.

    Args:
        url: The address to open.
        sends: Whether anything will be sent there; a page that is kept from before needs no request.

    Returns:
        Whether the chat knows the address now. It is False if only its host is allowed: the model may have made the
        address up, and its page may repeat what is in it, so nothing may be learned from that page.

    Raises:
        ToolError: The address may not be opened, or is not a web address.
    """
    call, run = current_call(), run_context.get()
    if not call or not run:
        return True
    host, port = host_and_port(url)
    is_allowed = _allows(run, host, port)
    if url not in run.addresses:
        if is_allowed:
            return False
        await _ask_for_address(call, run, url, with_port(host, port))
    if sends and not is_allowed:
        await _check_number(call, run, url, host, port)
    return True


def is_allowed_host(url: str) -> bool:
    """Return whether every address of this host may be opened, also one that the model made up.

    Redirects from a made-up address may lead to such hosts only, because they may carry on what is in it.

    Args:
        url: An address of the host.

    Raises:
        ToolError: It is not a web address.
    """
    call, run = current_call(), run_context.get()
    return not call or not run or _allows(run, *host_and_port(url))


async def check_search(query: str) -> None:
    """Ask the person before too many searches are made in one step.

    Args:
        query: What is searched for.

    Raises:
        ToolError: No more searches may be made.
    """
    call, run = current_call(), run_context.get()
    if not call or not run or ("search", _MANY_SEARCHES) in run.grants or not run.egress_budget.search():
        return
    words = {"count": SEARCHES_IN_STEP, "query": " ".join(query.split())[:_LONGEST_SHOWN]}
    if not await _allowed(call, run, "search", _MANY_SEARCHES, _MANY_SEARCHES, _MANY_SEARCHED.format(**words)):
        raise ToolError(_SEARCH_REFUSED.format(**words))


async def _ask_for_address(call: ToolContext, run: RunContext, url: str, name: str) -> None:
    """Ask the person about an address that nobody named. Raises ToolError if it may not be opened."""
    if len(_as_sent(url)) > _LONGEST_ASKED:
        raise ToolError(_TOO_LONG.format(url=url.strip()[:_LONGEST_SHOWN]))
    with call.clock_stopped():
        allowed = await call.allow("address", name, _MEANING.format(url=_as_sent(url)))
    if not allowed:
        raise ToolError(_REFUSED.format(url=url.strip()[:_LONGEST_SHOWN]))
    run.addresses.add([url], NamedBy.PERSON)


async def _check_number(call: ToolContext, run: RunContext, url: str, host: str, port: int) -> None:
    """Count the opening of a known address, and ask if there were many. Raises ToolError if it is one too many.

    It is counted before anything is awaited, so that calls at the same time cannot all pass.
    """
    by, name = run.addresses.named_by(url), with_port(host, port)
    opening = run.egress_budget.open(url, name, site_of(host), NamedBy.PAGE if by is None else by)
    for excess in opening.exceeded:
        asked = name if excess.site else _MANY_SITES
        words = {**_words_for(excess), "url": _as_sent(url)[:_LONGEST_SHOWN]}
        if not await _allowed(call, run, "address", asked, excess.site, _MANY_OPENED.format(**words)):
            opening.not_made()
            raise ToolError(_MANY_REFUSED.format(**words))


def _as_sent(url: str) -> str:
    """Return the address as it is sent: without spaces, which could make a part of it pass for words about it."""
    return str(parse_url(url))


def _words_for(excess: Excess) -> dict[str, str]:
    return {
        "count": str(excess.count),
        "of_site": f" of {excess.site}" if excess.site else "",
        "period": excess.period,
        "nobody": _NOBODY_NAMED[excess.period],
    }


async def _allowed(
    call: ToolContext, run: RunContext, kind: PermissionKind, name: str, site: str, meaning: str
) -> bool:
    """Return whether more of something is allowed: for the chat, for this step, or by the person who is asked now."""
    if (kind, name) in run.grants:
        return True
    with call.clock_stopped():
        return await run.egress_budget.is_allowed(name, site, lambda: call.allow(kind, name, meaning))


def _allows(run: RunContext, host: str, port: int) -> bool:
    """Return whether every address of a host may be opened."""
    return allows(run.hosts, host, port) or ("address", with_port(host, port)) in run.grants
