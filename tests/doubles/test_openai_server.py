"""That the double behaves as others rely on it to: it counts rightly, and it ends."""

import threading

import httpx
import pytest

from tests.doubles.openai_server import OpenAIServer, Reply

BODY = {"model": "test", "messages": [], "stream": True}


def post(url: str, **options) -> httpx.Response:
    return httpx.post(f"{url}/chat/completions", json=BODY, **options)


def test_both_paths_are_served_and_no_other():
    with OpenAIServer(["one", "two"]) as server:
        assert '"content": "one"' in post(server.url).text
        assert '"content": "two"' in post(server.url.removesuffix("/v1")).text
        assert post(f"{server.url}/elsewhere").status_code == 404


def test_a_script_that_has_run_out_says_so():
    with OpenAIServer([]) as server:
        response = post(server.url)
    assert response.status_code == 500
    assert response.json()["error"]["message"] == "The script has 0 replies; this is request 1."


def test_an_error_has_its_status_code_and_headers():
    with OpenAIServer([Reply(status=429, error="slow down", code="rate", headers={"Retry-After": "3"})]) as server:
        response = post(server.url)
    assert (response.status_code, response.headers["retry-after"]) == (429, "3")
    assert response.json()["error"]["code"] == "rate"


def test_only_a_client_that_leaves_early_is_a_disconnect():
    with OpenAIServer(["whole", Reply("never", fault="hang")]) as server:
        post(server.url)
        with pytest.raises(httpx.ReadTimeout):
            post(server.url, timeout=0.1)
        assert server.wait_for_disconnects()
    assert server.disconnects == [server.requests[1]]


@pytest.mark.parametrize(
    "reply", [Reply("x", fault="hang"), Reply("xx" * 99, fault="hang_midway"), Reply("xy", delay=99)]
)
def test_closing_ends_what_hangs(reply: Reply):
    ended = threading.Event()

    def ask(url: str) -> None:
        with pytest.raises(httpx.RemoteProtocolError):
            post(url, timeout=30)
        ended.set()

    with OpenAIServer([reply]) as server:
        thread = threading.Thread(target=ask, args=(server.url,))
        thread.start()
        assert server.wait_for_requests()
    assert ended.wait(5)
    thread.join()
