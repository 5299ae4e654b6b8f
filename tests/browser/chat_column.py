"""The column of chats as a person uses it, and the store behind it."""

import asyncio
import hashlib
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from playwright.sync_api import Locator, expect

from agent_core import Store
from agent_core.store.rows import Changes, TurnRow
from tests.browser.visitor import SCREENSHOTS, Visitor
from tests.support import App

DAY = 86_400.0  # seconds
# Has the page ask for the whole list, as one that is seen again does.
_LOOK_ANEW = """() => {
    document.querySelector("#chats .search").value = "";
    document.dispatchEvent(new Event("visibilitychange"));
}"""


class Column:
    """The column as a person uses it, and the store behind it."""

    def __init__(self, visitor: Visitor, app: App) -> None:
        self.visitor = visitor
        self.page = visitor.page
        self.nav = self.page.locator("nav#chats")  # not by its role, which it has only while it is seen
        self.links = self.nav.locator("li > a")
        self.search = self.nav.get_by_role("searchbox", name="Search chats")
        self.toggle = self.page.get_by_role("button", name="Chats", exact=True)
        self.note = self.nav.locator(".note")
        self._folder = next(app.home.rglob("chats.db")).parent

    def run(self, work: Callable[[Store], Coroutine[Any, Any, Any]]) -> Any:
        """Do something with the store, in a thread because Playwright has a loop in this one."""

        async def with_store() -> Any:
            store = await Store.open(self._folder)
            try:
                return await work(store)
            finally:
                await store.close()

        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, with_store()).result()

    def clear(self) -> None:
        """Have no chats, once the page asks again."""
        owner = self._owner  # which only this thread may ask the browser for
        self.run(lambda store: store.delete_all(owner))

    def seed(self, titles: list[str], *, days: float = 0.0, text: str = "") -> None:
        """Have no chats but these, each used some days before the one above it."""
        owner, now = self._owner, time.time()

        async def work(store: Store) -> list[str]:
            await store.delete_all(owner)
            made = []
            for number, title in enumerate(titles):
                made.append(chat_id := await store.create_chat(owner, title))
                turn = TurnRow(1, 0, None, text.format(number=number).casefold())
                await store.write(chat_id, Changes(turns=[turn], used=now - number * max(days * DAY, 1)))
            return made

        made = self.run(work)
        self.page.evaluate(_LOOK_ANEW)
        if titles:
            expect(self.links.first).to_have_attribute("href", f"?chat={made[0]}")
            expect(self.links).to_have_count(len(titles))
        else:
            expect(self.note).to_have_text("Your chats will be listed here.")

    def row(self, title: str) -> Locator:
        return self.nav.get_by_role("listitem").filter(has=self.page.get_by_text(title, exact=True))

    def choose(self, title: str, entry: str) -> None:
        """Choose from a chat's menu with the mouse."""
        self.row(title).hover()
        self.row(title).get_by_role("button").click()
        self.page.get_by_role("menuitem", name=entry, exact=True).click()

    def titles(self) -> list[str]:
        return self.nav.locator("li .title").all_text_contents()

    def picture(self, name: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.wait_for_timeout(300)
        self.page.screenshot(path=SCREENSHOTS / f"chats-{name}.png")

    @property
    def _owner(self) -> str:
        """The owner whom this browser's cookie stands for."""
        cookies = {cookie.get("name"): cookie.get("value", "") for cookie in self.visitor.context.cookies()}
        secret = cookies.get("glassbox", "")
        return f"browser {hashlib.sha256(secret.encode()).hexdigest()}" if secret else "browser"
