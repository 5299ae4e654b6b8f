"""Whether the app serves, however often and whenever somebody asks."""

import asyncio

from agent_core import Store, StoreError
from ui.seeing import health
from ui.seeing.health import Health


class Checked:
    """A store that works or not. looks: how often it was looked at."""

    def __init__(self) -> None:
        self.works = True
        self.looks = 0

    async def check(self) -> None:
        self.looks += 1
        if not self.works:
            raise StoreError("It cannot be read.")


async def test_it_is_cheap_to_ask_and_a_store_that_fails_is_noticed(monkeypatch):
    store = Checked()
    asked = Health(store.check, lambda: False)
    assert [await asked.trouble() for _ in range(5)] == [""] * 5
    assert store.looks == 1
    store.works = False
    assert await asked.trouble() == ""  # it was looked at just now
    monkeypatch.setattr(health, "_CHECK_SECONDS", 0.0)
    assert await asked.trouble() == "store"
    store.works = True
    assert await asked.trouble() == ""


async def test_an_app_that_ends_says_so():
    assert await Health(Checked().check, lambda: True).trouble() == "ending"


async def test_a_store_that_hangs_holds_up_no_answer_and_counts_as_broken_in_the_end(monkeypatch):
    monkeypatch.setattr(health, "_LONGEST", 0.01)
    asked = Health(asyncio.Event().wait, lambda: False)
    assert await asked.trouble() == ""
    monkeypatch.setattr(health, "_STUCK", 0.0)
    assert await asked.trouble() == "store"


async def test_the_real_store_is_checked_and_counts_its_failures(tmp_path):
    store = await Store.open(tmp_path)
    await store.check()
    assert store.failures == 0
    (tmp_path / "chats.db").unlink()
    await store.close()
    store = await Store.open(tmp_path / "other")
    try:
        await store._database.run(lambda connection: connection.exec_driver_sql("DROP TABLE chats"))
        asked = Health(store.check, lambda: False)
        assert await asked.trouble() == "store" and store.failures == 1
    finally:
        await store.close()
