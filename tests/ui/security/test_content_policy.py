import base64
import hashlib
import re

import httpx
import pytest

from tests.support import App


@pytest.mark.parametrize(
    "path", ["/", "/config", "/scripts/follow.js", "/theme.css", "/nothing", "/files/k/a.csv", "/tables/k/1.csv"]
)
def test_every_answer_has_the_headers(app: App, path: str):
    headers = httpx.get(app.url + path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["content-security-policy"].startswith("default-src 'none'; ")
    assert ("sandbox" in headers["content-security-policy"]) == (path != "/")


def test_of_inline_scripts_only_those_of_the_page_run(app: App):
    page = httpx.get(app.url)
    policy = dict(part.split(" ", 1) for part in page.headers["content-security-policy"].split("; "))
    scripts = re.findall(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", page.text, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    assert scripts and policy["script-src"].split() == ["'self'", "'unsafe-eval'", *(f"'sha256-{h}'" for h in hashes)]
    assert policy["connect-src"] == policy["base-uri"] == "'self'"
    assert policy["form-action"] == policy["object-src"] == "'none'"
    assert policy["frame-src"] == "'self'"


def test_a_frame_has_no_origin_and_no_network(app: App):
    headers = httpx.get(app.url + "/frames/k/1").headers
    policy = headers["content-security-policy"].split("; ")
    assert policy[0].startswith("sandbox allow-scripts ") and "allow-same-origin" not in policy[0]
    assert policy[1:3] == ["default-src 'none'", "script-src 'self'"]
    assert {"require-trusted-types-for 'script'", "trusted-types default"} < set(policy)
    assert not {
        name for name in ("connect-src", "frame-src", "worker-src", "form-action") if f"{name} " in "; ".join(policy)
    }


def test_a_frame_may_load_libraries_and_nothing_else(app: App):
    """It has no origin, so its requests come from another site."""
    headers = {"origin": "null", "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
    library = httpx.get(app.url + "/libraries/plotly.js", headers=headers)
    assert library.status_code == 200 and library.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "javascript" in library.headers["content-type"]
    for path in ("/", "/config", "/files/k/a.csv", "/frames/k/1", "/logout"):
        assert httpx.get(app.url + path, headers=headers).status_code == 403


def test_a_space_is_framed_by_the_hub_alone(app: App):
    assert "frame-ancestors 'self' https://huggingface.co" in httpx.get(app.url).headers["content-security-policy"]


@pytest.mark.parametrize(
    "address", ["/?a=</script><script>alert(1)</script>", "/?deep_link=%3Cscript%3E", "/?__theme=%22"]
)
def test_nothing_of_a_request_is_let_run(app: App, address: str):
    plain, odd = httpx.get(app.url), httpx.get(app.url + address, headers={"x-forwarded-host": "<script>x</script>"})
    assert "alert(1)" not in odd.text and "<script>x" not in odd.text
    assert odd.text.count("<script") == plain.text.count("<script")


def test_no_host_of_a_link_is_looked_up_before_it_is_pressed(app: App):
    """Chromium asks for it where the pointer rests on a link, and others for each link of a page over http."""
    assert httpx.get(app.url).headers["x-dns-prefetch-control"] == "off"
