"""The connection to the database, and what its failures read like."""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from agent_core.errors import StoreError

_Result = TypeVar("_Result")
_MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_SECONDS = 5.0  # that SQLite waits for another program's lock
_MIGRATION_LOCK = 7_614_520_113  # any number, the same in all programs that migrate
_NOT_NOW = "The chats cannot be read or written at the moment. Try again later."
_POOL = 5  # connections to a database server
_migrating = threading.Lock()  # Alembic's context is one for the whole program

logger = logging.getLogger(__name__)


class Database:
    """Runs transactions in threads, one at a time on SQLite.

    Args:
        url: An address as SQLAlchemy takes it: "sqlite:///path", or "postgresql://user:password@host/name".

    Attributes:
        failures: How many transactions have failed.
    """

    def __init__(self, url: str) -> None:
        self.failures = 0
        self._engine = _engine(url)
        at_once = 1 if self._engine.dialect.name == "sqlite" else _POOL
        self._is_closed = False
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="store")

    async def run(self, work: Callable[[Connection], _Result]) -> _Result:
        """Run work in one transaction. Raises StoreError; then nothing of it is written."""
        if self._is_closed:
            raise StoreError(_NOT_NOW)
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: self._transaction(work))

    def migrate(self) -> None:
        """Create the tables, or change those of an older version. Blocks. Raises StoreError."""

        def work(connection: Connection) -> None:
            if connection.dialect.name == "postgresql":  # several programs may start at the same time
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            config = Config()
            config.set_main_option("script_location", str(_MIGRATIONS))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

        with _migrating:
            try:
                self._transaction(work)
            except CommandError:  # it has a version that is not known here
                raise StoreError("A newer Glassbox wrote this database. Update Glassbox to open it.") from None

    async def close(self) -> None:
        """Close all connections. What is still asked for, as by an open page when the app ends, is refused."""
        self._is_closed = True
        await asyncio.to_thread(self._threads.shutdown)
        self._engine.dispose()

    def _transaction(self, work: Callable[[Connection], _Result]) -> _Result:
        try:
            with self._engine.begin() as connection:
                return work(connection)
        except (SQLAlchemyError, OSError) as error:
            # The class only: texts of database errors have addresses, and values of rows.
            cause = error.orig if isinstance(error, DBAPIError) else error
            self.failures += 1
            logger.warning("The store failed: %s", type(cause).__name__)
            raise StoreError(_NOT_NOW) from None


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
        return create_engine(
            parsed, pool_size=_POOL, pool_pre_ping=True, hide_parameters=True, connect_args={"connect_timeout": 5}
        )
    engine = create_engine(parsed, hide_parameters=True, connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine, "connect", _set_up_sqlite)
    return engine


def _set_up_sqlite(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # pyright: ignore[reportAttributeAccessIssue] - whichever driver it is of
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")  # with WAL, what is written outlives the program, if not a power cut
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA secure_delete=ON")  # a deleted chat is gone from the file, too
    cursor.close()
