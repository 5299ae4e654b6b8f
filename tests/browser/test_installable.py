"""The page as an app of its own on a desktop or a phone, as Chromium judges it."""

import io
import json

import PIL.Image


def test_the_browser_would_install_the_page(visit, app):
    visitor = visit()
    chromium = visitor.context.new_cdp_session(visitor.page)
    manifest = chromium.send("Page.getAppManifest")
    assert manifest["errors"] == []
    described = json.loads(manifest["data"])
    assert described["name"] == "Glassbox"
    assert [icon["sizes"] for icon in described["icons"]] == ["192x192", "512x512"]
    for icon in described["icons"]:
        picture = PIL.Image.open(io.BytesIO(visitor.page.request.get(app.url + icon["src"]).body()))
        assert f"{picture.width}x{picture.height}" == icon["sizes"]
    problems = chromium.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert {problem["errorId"] for problem in problems} <= {"in-incognito"}
