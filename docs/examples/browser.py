"""A web browser that a model with vision drives: it sees the page after each step. Needs playwright and a browser."""

import asyncio
import os
from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Page, async_playwright

from agent_core import Agent, CodeAgent, HubModel, Model, RunResult, Step, ToolError, context

ADVICE = """You drive a web browser with the functions open_page, click and go_back. After each step you see the page as
it is now, so do one thing in a step. Never sign in anywhere."""


@asynccontextmanager
async def opened_browser() -> AsyncIterator[Page]:
    """An empty page of a browser without a window; the variable CHROMIUM names a program in place of Playwright's."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM"))
        yield await browser.new_page(viewport={"width": 1000, "height": 1000})


def tools_of(page: Page) -> list[Callable[..., Any]]:
    """Return what the model can do with a page."""

    async def open_page(url: str) -> str:
        """Open an address, and return the title of what is there."""
        await context.check_address(url)  # asks the person about an address that nobody named
        await page.goto(url)
        return await page.title()

    async def click(text: str, which: int = 1) -> str:
        """Press the link or button with this text, and return where it led. There may be several: `which` counts."""
        found = page.get_by_role("link", name=text).or_(page.get_by_role("button", name=text))
        if (there := await found.count()) < which:
            raise ToolError(f"There are {there} links and buttons with the text {text!r}.")
        await found.nth(which - 1).click()
        return page.url

    async def go_back() -> str:
        """Go back to the page before this one, and return its address."""
        await page.go_back()
        return page.url

    return [open_page, click, go_back]


async def main(
    model: Model, question: str = "What do the newest three releases of https://pypi.org bring?"
) -> RunResult:
    """Ask for something that stands on pages."""
    async with opened_browser() as page:

        async def look(step: Step, agent: Agent) -> None:
            for earlier in agent.memory.steps:
                earlier.images = []  # only the newest picture is sent
            step.images = [f"data:image/png;base64,{b64encode(await page.screenshot()).decode()}"]

        async with CodeAgent(model, tools=tools_of(page), step_callbacks=[look], instructions=ADVICE) as agent:
            result = await agent.run(question)
    print(result.answer)
    return result


if __name__ == "__main__":
    asyncio.run(main(HubModel("Qwen/Qwen2.5-VL-72B-Instruct")))
