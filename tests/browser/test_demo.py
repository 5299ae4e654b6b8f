"""The demo's examples through the page: written replies, real code in the real sandbox."""

import re

import pytest
from playwright.sync_api import expect

TITLE_DETAILS = re.compile(r"[\d,]+ tokens \(\d+(\.\d+)?s\)")


@pytest.mark.parametrize(
    ("example", "titles", "answer", "pictures"),
    [
        ("cube root", ["Compute the cube root of 27"], "The cube root of 27 is 3, because 3 × 3 × 3 = 27.", 0),
        (
            "Melbourne",
            [
                "Search the web for the drive from Melbourne to Sydney",
                "Read both pages",
                "Compare the distances and add breaks to the driving time",
            ],
            "Driving from Melbourne to Sydney takes about 9 hours 35 minutes without stops",
            0,
        ),
        (
            "Bitcoin",
            [
                "Search the web for Bitcoin's price history",
                "Find the first close above one million dollars",
                "Draw what the coins were worth",
            ],
            "On 30 December 2020 they would have closed above one million dollars for the first time",
            1,
        ),
        (
            "$100 a month",
            ["Let the savings grow month by month", "Draw the savings over the years"],
            "After 30 years the account holds $83,573",
            1,
        ),
    ],
    ids=["cube root", "drive", "bitcoin", "savings"],
)
def test_an_example_is_answered_when_it_is_clicked(revisit, example, titles, answer, pictures):
    visitor = revisit()
    expect(visitor.page.locator("#demo")).to_contain_text("replies and web results were recorded beforehand")
    visitor.chat.get_by_role("button", name=re.compile(re.escape(example))).click()
    expect(visitor.answers.last).to_contain_text(answer)
    visitor.wait_until_done()
    expect(visitor.questions).to_have_count(1)
    expect(visitor.work).to_have_text([re.compile(r"Worked in \d steps? · \d+ s")] if titles else [])
    visitor.open_steps()
    expect(visitor.steps.locator(".title p")).to_have_text([f"✓ {title}" for title in titles])
    expect(visitor.steps.locator(".duration")).to_have_text([TITLE_DETAILS] * len(titles))
    expect(visitor.steps.locator(".content")).to_have_count(0)  # all are closed
    images = visitor.answers.locator("img")
    expect(images).to_have_count(pictures)
    for image in images.all():
        assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 300


def test_a_step_opens_to_its_thought_its_code_and_its_output(revisit):
    visitor = revisit()
    visitor.get_answer("What is the cube root of 27?")
    visitor.open_steps()
    visitor.unfold(visitor.steps.locator(".title"))
    content = visitor.steps.locator(".content")
    expect(content).to_contain_text("I compute the cube root and check it by multiplying it out again.")
    expect(content.locator("pre").first).to_contain_text("root = math.cbrt(27)")
    expect(content.locator("pre .token.keyword").first).to_have_text("import")
    expect(content).to_contain_text("Output")
    expect(content.locator("pre").last).to_contain_text("3 × 3 × 3 = 27")
    expect(visitor.page.locator("#meter")).to_have_text(re.compile(r"1 request · ~[\d,]+ tokens · \d+\.\d s"))


def test_a_question_the_demo_does_not_know_leads_to_the_settings(revisit):
    visitor = revisit()
    answer = visitor.get_answer("What is the meaning of life?")
    assert "This is the demo: its replies were written beforehand" in answer
    assert "To ask anything you like, press Demo at the question box and choose a model" in answer
    expect(visitor.steps).to_have_count(0)
