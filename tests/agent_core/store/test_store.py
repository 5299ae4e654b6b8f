"""The list of chats, their owners, and what becomes of a database that fails."""

import asyncio
import sqlite3

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from agent_core import CodeAgent, Session, Store, StoreError
from agent_core.store.tables import metadata
from tests.agent_core.store.support import answer
from tests.agent_core.support import code
from tests.support import model_of


async def test_chats_are_listed_with_pinned_ones_first_and_only_to_their_owner(store):
    first, second = await store.create_chat("ada", "First"), await store.create_chat("ada", "Second")
    other = await store.create_chat("bob", "Other")
    assert [chat.title for chat in await store.list_chats("ada")] == ["Second", "First"]
    assert await store.pin(first, "ada", True)
    assert [chat.id for chat in await store.list_chats("ada")] == [first, second]
    assert await store.find_chat(other, "ada") is None
    for change in (store.rename(other, "ada", "Mine"), store.pin(other, "ada", True), store.delete(other, "ada")):
        assert not await change
    [chat] = await store.list_chats("bob")
    assert (chat.title, chat.pinned) == ("Other", False)


async def test_titles_are_one_line_and_can_be_changed(store):
    chat = await store.create_chat("ada", "  A\n very " + "long " * 30)
    [info] = await store.list_chats("ada")
    assert info.title.startswith("A very long") and len(info.title) <= 80 and info.title.endswith("…")
    assert await store.rename(chat, "ada", "By me")
    assert not await store.rename(chat, "ada", " \n ")
    assert [info.title for info in await store.list_chats("ada")] == ["By me"]


async def test_a_deleted_chat_comes_back_until_it_is_purged(store):
    chat = await store.create_chat("ada", "Gone?")
    store.folder_of(chat).mkdir(parents=True)
    assert await store.delete(chat, "ada") and await store.list_chats("ada") == []
    assert await store.purge() == 0, "there are ten seconds to undo it"
    assert await store.restore(chat, "ada") and len(await store.list_chats("ada")) == 1
    assert not await store.restore(chat, "ada")
    await store.delete(chat, "ada")
    assert await store.purge(older_than=0) == 1
    assert not await store.restore(chat, "ada") and not store.folder_of(chat).exists()


async def test_deleting_all_deletes_files_and_words_of_one_owner(serve, store):
    for owner in ("ada", "bob"):
        session = await Session.create(store, CodeAgent(model_of(serve(["Xylophone."]))), owner)
        await answer(session, "Which instrument?")
        await session.close()
    [ada], [bob] = await store.list_chats("ada"), await store.list_chats("bob")
    assert await store.delete_all("ada") == 1
    assert not store.folder_of(ada.id).exists() and store.folder_of(bob.id).exists()
    assert await store.read(ada.id) is None and await store.read(bob.id) is not None


async def test_a_search_finds_words_of_titles_questions_code_and_answers_in_any_case(serve, store):
    server = serve([code("umsatz = 1\nprint('50% off')"), "Die STRASSE ist lang."])
    session = await Session.create(store, CodeAgent(model_of(server)), "ada", title="Ärger")
    await answer(session, "Wie lang ist sie?")
    await session.close()
    for words in ("ärger", "WIE lang", "umsatz", "straße", "50%"):
        assert len(await store.list_chats("ada", search=words)) == 1, words
    for words in ("unsatz", "wie kurz", "5_%", "%"):
        assert len(await store.list_chats("ada", search=words)) == (words == "%"), words
    [chat] = await store.list_chats("ada", search="umsatz")
    assert "umsatz = 1" in chat.found
    assert await store.list_chats("bob", search="umsatz") == []


async def test_chats_of_a_browser_become_those_of_an_account(store):
    await store.create_chat("browser", "Before")
    assert await store.move_all("browser", "account") == 1
    assert await store.list_chats("browser") == [] and len(await store.list_chats("account")) == 1


async def test_the_migrations_lead_to_the_tables(store):
    def differences(connection):
        return compare_metadata(MigrationContext.configure(connection), metadata)

    assert await store._database.run(differences) == []


async def test_opening_again_and_at_the_same_time_changes_nothing(tmp_path, database_url):
    stores = [await Store.open(tmp_path / "data", database_url)]
    await stores[0].create_chat("ada", "Here")
    stores += await asyncio.gather(*(Store.open(tmp_path / "data", database_url) for _ in range(3)))
    for opened in stores:
        assert len(await opened.list_chats("ada")) == 1
        await opened.close()


async def test_a_locked_database_is_waited_for(tmp_path, serve):
    store = await Store.open(tmp_path)
    session = await Session.create(store, CodeAgent(model_of(serve(["Hello.", "Again."]))), "ada")
    with sqlite3.connect(tmp_path / "chats.db", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        asking = asyncio.create_task(answer(session, "Hi"))
        await asyncio.sleep(0.5)
        other.execute("ROLLBACK")
        await asking
    await session.close()
    again = await Session.load(store, session.chat_id, CodeAgent(session.agent.model))
    assert [turn.question for turn in again.agent.memory.turns] == ["Hi"]
    await again.close()
    await store.close()


async def test_a_server_that_is_gone_for_a_while_loses_nothing(tmp_path, serve, postgresql):
    store = await Store.open(tmp_path, postgresql.create_database("gone"))
    session = await Session.create(store, CodeAgent(model_of(serve(["Hello.", "Again."]))), "ada")
    postgresql.stop()
    try:
        await answer(session, "Hi")
        with pytest.raises(StoreError) as failure:
            await store.list_chats("ada")
        assert "127.0.0.1" not in str(failure.value)
    finally:
        postgresql.start()
    await answer(session, "And?")
    await session.close()
    again = await Session.load(store, session.chat_id, CodeAgent(session.agent.model))
    assert [turn.question for turn in again.agent.memory.turns] == ["Hi", "And?"]
    assert again.agent.memory.messages("") == session.agent.memory.messages("")
    await again.close()
    await store.close()


async def test_a_database_of_a_newer_glassbox_is_one_sentence(tmp_path, database_url):
    store = await Store.open(tmp_path, database_url)
    newer = text("UPDATE alembic_version SET version_num = 'newer'")
    await store._database.run(lambda connection: connection.execute(newer).rowcount)
    await store.close()
    with pytest.raises(StoreError, match="newer Glassbox"):
        await Store.open(tmp_path, database_url)


async def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="folder"):
        await Store.open(tmp_path / "file" / "data")


async def test_who_asks_a_store_that_is_closed_is_told_so_in_a_sentence(tmp_path, database_url):
    store = await Store.open(tmp_path, database_url)
    await store.close()
    with pytest.raises(StoreError, match="cannot be read or written at the moment"):
        await store.list_chats("ada")
