"""The app in this process: who sees /health, /metrics and /owner, and what is there after a question of a program."""

import logging
from collections.abc import Iterator

import httpx
import pytest
from gradio_client import Client
from pydantic import SecretStr

from tests.doubles.otlp_server import OtlpServer, attributes_of
from tests.support import free_port
from ui.api.ask_service import AskService
from ui.config import Config
from ui.seeing.seeing import Seeing
from ui.seeing.traces import traces_of_environment
from ui.serving import serve
from ui.tool_sources.owner_tools import OwnerTools

KEY = "the-key-of-the-owner"
QUESTION = "How many prime numbers are there below a million?"
BEARER = {"authorization": f"Bearer {KEY}"}


class SeenApp:
    """The running app. collector: takes its traces. log: what it logged."""

    def __init__(self, collector: OtlpServer, environment: pytest.MonkeyPatch) -> None:
        environment.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        config, owner = Config(port=free_port(), owner_key=SecretStr(KEY)), OwnerTools({})
        seeing = Seeing(traces_of_environment())
        self.collector = collector
        self.page = serve(config, owner, AskService(config, owner, seeing=seeing))
        self.url = f"http://127.0.0.1:{config.port}"

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(self.url + path, headers=headers, timeout=30)


@pytest.fixture(scope="module")
def running() -> Iterator[SeenApp]:
    with OtlpServer() as collector, pytest.MonkeyPatch.context() as environment:
        running = SeenApp(collector, environment)
        yield running
        running.page.close(verbose=False)


def test_health_is_open_and_says_nothing_else(running: SeenApp):
    response = running.get("/health", host="anything.example.org")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert httpx.head(f"{running.url}/health").status_code == 200


@pytest.mark.parametrize("path", ["/metrics", "/owner", "/owner/owner.css", "/owner/owner.js", "/owner?key=guessed"])
@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer guessed"}, {"cookie": "glassbox-owner=guessed"}])
def test_for_everybody_else_there_is_nothing(running: SeenApp, path, headers):
    response = running.get(path, **headers)
    assert (response.status_code, response.text) == (404, "There is nothing here.")
    assert "set-cookie" not in response.headers


def test_the_key_in_the_address_becomes_a_cookie_and_leaves_the_address(running: SeenApp):
    with httpx.Client(base_url=running.url) as browser:
        led = browser.get("/owner", params={"key": KEY})
        assert (led.status_code, led.headers["location"]) == (303, "owner")
        assert "HttpOnly" in led.headers["set-cookie"] and KEY not in led.headers["set-cookie"]
        page = browser.get("/owner")
        assert page.status_code == 200 and "Questions" in page.text and KEY not in page.text
        assert page.headers["cache-control"] == "no-store"
        assert "'unsafe-inline'" not in page.headers["content-security-policy"]
        assert browser.get("/owner/owner.css").headers["content-type"].startswith("text/css")
        assert browser.get("/owner/owner.js").status_code == 200
        german = browser.get("/owner", headers={"accept-language": "de"})
        assert "Seite des Betreibers" in german.text and 'lang="de"' in german.text


def test_a_question_is_in_the_metrics_on_the_page_and_in_the_traces(running: SeenApp):
    Client(running.url, verbose=False, analytics_enabled=False).predict(QUESTION, api_name="/ask")
    metrics = running.get("/metrics", **BEARER)
    assert metrics.headers["content-type"].startswith("text/plain; version=")
    assert 'glassbox_runs_total{provider="demo",reason="answer"} 1.0' in metrics.text
    assert "prime" not in metrics.text
    assert "glassbox_sandbox_processes 0.0" not in metrics.text
    page = running.get("/owner", **BEARER).text
    assert "with an answer" in page and "prime" not in page


def test_at_the_end_the_last_traces_are_sent_and_the_log_says_so(running: SeenApp, caplog):
    with caplog.at_level(logging.INFO, logger="glassbox"):
        running.page.close(verbose=False)
    assert [record.getMessage() for record in caplog.records] == ["ended"]
    [run] = running.collector.named("invoke_agent CodeAgent")
    assert attributes_of(run)["glassbox.run.reason"] == "answer"
    assert running.collector.resource["service.name"] == "glassbox"
    assert b"prime" not in running.collector.received
