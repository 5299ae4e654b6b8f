"""Permission to open web addresses and to search, so that nothing a chat knows leaves it unnoticed.

An instruction in a page could make the agent send the chat's secrets away: inside an address, or spelled by which
addresses it opens. Addresses that the chat knows (from the person, a search or an opened page) may be opened without
asking, up to a limit. The person is asked about all others.
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

_LONGEST_ASKED = 1_000  # characters of an address that a person is asked about and must be able to read in full
_LONGEST_SHOWN = 200  # characters of an address or a query in a sentence
_MANY_SITES, _MANY_SEARCHES = "many sites", "many searches"  # names of permissions that are not for a single host

_MEANING = (
    "The agent wants to open {url}. This address came neither from you, nor from a search, nor from a page that was "
    "opened. It could contain what the agent knows from this chat, and send it to that site."
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
    "{url}. By choosing among many addresses, it could pass on what it knows from this chat."
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
    "The agent has made {count} web searches in this step and wants to make more, next “{query}”. Its words go to "
    "search engines, and could pass on what it knows from this chat."
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
    """Ask the person before the tool opens an address that the chat does not know, or too many addresses.

    Outside of an agent's call, every address may be opened.

    Args:
        url: The address to open.
        sends: Whether the tool will send a request there; False for a page from a cache.

    Returns:
        Whether the chat knows the address now. False means that only its host is allowed: the model may have made the
        address up and its page may repeat it, so do not pass that page to `learn_addresses`.

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
    """Return whether every address of this host may be opened, even one that the model made up.

    A redirect from a made-up address may lead to such hosts only, because it may pass on what the address contains.

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
        query: The words to search for.

    Raises:
        ToolError: The person does not allow more searches.
    """
    call, run = current_call(), run_context.get()
    if not call or not run or ("search", _MANY_SEARCHES) in run.grants or not run.egress_budget.search():
        return
    words = {"count": SEARCHES_IN_STEP, "query": " ".join(query.split())[:_LONGEST_SHOWN]}
    if not await _allowed(call, run, "search", _MANY_SEARCHES, _MANY_SEARCHES, _MANY_SEARCHED.format(**words)):
        raise ToolError(_SEARCH_REFUSED.format(**words))


async def _ask_for_address(call: ToolContext, run: RunContext, url: str, name: str) -> None:
    """Ask the person about an address that nobody named. Raises ToolError if they do not allow it."""
    if len(_as_sent(url)) > _LONGEST_ASKED:
        raise ToolError(_TOO_LONG.format(url=url.strip()[:_LONGEST_SHOWN]))
    with call.clock_stopped():
        allowed = await call.allow("address", name, _MEANING.format(url=_as_sent(url)))
    if not allowed:
        raise ToolError(_REFUSED.format(url=url.strip()[:_LONGEST_SHOWN]))
    run.addresses.add([url], NamedBy.PERSON)


async def _check_number(call: ToolContext, run: RunContext, url: str, host: str, port: int) -> None:
    """Count that a known address is opened, and ask the person if that is too many. Raises ToolError if they refuse.

    It counts before it awaits anything, so that simultaneous calls cannot all pass.
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
    """Return the address as it is sent: without spaces, so that no part of it looks like a sentence about it."""
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
    """Return whether more is allowed: for the chat, for this step, or by the person, who is asked if need be."""
    if (kind, name) in run.grants:
        return True
    with call.clock_stopped():
        return await run.egress_budget.is_allowed(name, site, lambda: call.allow(kind, name, meaning))


def _allows(run: RunContext, host: str, port: int) -> bool:
    """Return whether every address of a host may be opened."""
    return allows(run.hosts, host, port) or ("address", with_port(host, port)) in run.grants
