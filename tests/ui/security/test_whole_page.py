"""The page's HTML, as browsers get it from the running app."""

import gzip

import brotli
import httpx

from tests.support import App


def page(app: App, **headers: str) -> httpx.Response:
    return httpx.get(app.url, headers={"accept-encoding": "identity", **headers})


def raw(app: App, encoding: str) -> bytes:
    headers = {"accept-encoding": encoding}
    with httpx.stream("GET", app.url, headers=headers) as response:
        assert response.headers["content-encoding"] == encoding and "Accept-Encoding" in response.headers["vary"]
        return b"".join(response.iter_raw())


def test_it_is_compressed_for_who_takes_that_and_the_same_for_all(app: App):
    plain = page(app)
    assert "content-encoding" not in plain.headers
    assert gzip.decompress(raw(app, "gzip")) == brotli.decompress(raw(app, "br")) == plain.content
    assert len(raw(app, "br")) < len(plain.content) / 5


def test_each_browser_gets_a_cookie_of_its_own_with_the_kept_page(app: App):
    first, second = page(app), page(app)
    assert first.content == second.content and first.headers["set-cookie"] != second.headers["set-cookie"]


def test_who_speaks_another_language_or_asks_by_another_name_gets_their_own(app: App):
    english, german = page(app), page(app, **{"accept-language": "de"})
    assert 'lang="en"' in english.text and 'lang="de"' in german.text
    assert page(app).text == english.text
    port = httpx.URL(app.url).port
    other = page(app, host=f"localhost:{port}")
    assert f"localhost:{port}" in other.text and f"localhost:{port}" not in english.text


def test_nobody_has_others_get_a_page_with_addresses_of_their_choice(app: App):
    """Gradio takes addresses from several headers, and anybody can send any."""
    for header in ("x-gradio-server", "x-forwarded-host", "x-forwarded-proto", "cookie", "referer", "origin"):
        host = f"{header}.test"
        httpx.get(app.url, headers={"host": host, header: "http://canary.test" if "proto" not in header else "https"})
        assert "canary.test" not in page(app, host=host).text and f"https://{host}" not in page(app, host=host).text


def test_what_follows_from_more_than_the_chat_is_not_kept(app: App):
    """Such as a link to a state of the page, which Gradio reads for each request."""
    assert page(app).text == httpx.get(f"{app.url}/?chat=abc").text
    assert httpx.get(f"{app.url}/?deep_link=nothing").text != page(app).text
    assert httpx.get(f"{app.url}/?page=nothing").status_code != 200
    assert page(app).status_code == 200
