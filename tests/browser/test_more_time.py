"""A step that reaches its time works on while the page asks for more."""

import re

from playwright.sync_api import expect

from tests.browser.visitor import DESK, code, keep_screenshot

LONG = code(
    "# Take long\nimport time\nfrom pathlib import Path\nprint('at work', flush=True)\n"
    "while not Path('end').exists():\n    time.sleep(0.1)\nprint('done')"
)
LONGER = code("# Take longer\nimport time\ntime.sleep(10)\nprint('done')")
SHORT = code("# Take a little longer\nimport time\ntime.sleep(3)\nprint('done')")
SECONDS = r"\d+(\.\d)?"  # one, and on a busy machine some more
BUTTONS = ["Two more minutes", "Always in this chat", "Stop it"]


def test_a_person_gives_a_step_more_time_or_stops_it_or_finds_it_done(visit, serve):
    server = serve([LONG, "Stopped early.", LONGER, "All there.", SHORT, "There, too."])
    visitor = visit(**DESK)
    visitor.connect(server)
    visitor.open_section("limits")
    seconds = visitor.page.get_by_label("Seconds for a step")
    expect(seconds).to_have_value("30")
    seconds.fill("1")

    visitor.ask("stop it")
    options = visitor.page.locator("#live .option")
    expect(options).to_have_text(BUTTONS)
    asked = visitor.page.locator("#live").get_by_test_id("bot").last
    expect(asked).to_contain_text(re.compile(rf"This step has run for {SECONDS} s\. Give it two more minutes\?"))
    expect(visitor.doing).to_have_text("Running code")
    keep_screenshot(visitor, "desk-more-time")
    options.get_by_text("Stop it").click()
    visitor.wait_until_done()
    expect(visitor.answers).to_have_text(
        [re.compile(rf"^After {SECONDS} s it was not given more time\.\s*$"), "Stopped early."]
    )
    told = server.requests[1].body["messages"][-1]["content"]
    assert "longer than the 1 second it may take" in told and "Advice: Try the code on a small sample first" in told

    visitor.ask("go on")
    options.get_by_text("Two more minutes").click()
    visitor.wait_until_done()
    expect(visitor.answers.nth(-2)).to_have_text(
        re.compile(rf"^✓ After {SECONDS} s you gave it two more minutes\.\s*$")
    )
    assert server.requests[3].body["messages"][-1]["content"].startswith("Output:\ndone")

    visitor.ask("alone")
    expect(options).to_have_text(BUTTONS)
    visitor.wait_until_done()
    expect(visitor.answers.last).to_have_text("There, too.")
    expect(visitor.page.locator(".option")).to_have_count(0)
    assert server.requests[5].body["messages"][-1]["content"].startswith("Output:\ndone")
