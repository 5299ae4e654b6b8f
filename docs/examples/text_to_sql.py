"""Questions about a database: the model writes SQL, looks at what comes back, and mends its query."""

import asyncio
import sqlite3
from typing import Any

from agent_core import CodeAgent, HubModel, Model, RunResult, Tool, ToolError

TABLES = """
CREATE TABLE boats (id INTEGER PRIMARY KEY, name TEXT, seats INTEGER);
CREATE TABLE trips (boat INTEGER REFERENCES boats(id), day TEXT, guests INTEGER, euros REAL);
INSERT INTO boats VALUES (1, 'Heron', 12), (2, 'Otter', 30), (3, 'Swan', 8);
INSERT INTO trips VALUES (1, '2025-06-01', 9, 171.0), (2, '2025-06-01', 30, 480.0), (2, '2025-06-02', 11, 176.0),
    (3, '2025-06-02', 8, 200.0), (1, '2025-06-03', 12, 228.0), (3, '2025-06-03', 7, 175.0);
"""


def open_database() -> sqlite3.Connection:
    """Return the database that is asked; a tool that is not async runs in a thread of its own."""
    database = sqlite3.connect(":memory:", check_same_thread=False)
    database.row_factory = sqlite3.Row
    database.executescript(TABLES)
    database.execute("PRAGMA query_only = ON")  # what is asked changes nothing
    return database


def query_tool(database: sqlite3.Connection) -> Tool:
    """Return the tool that asks a database. Its description says which tables there are."""
    tables = "\n".join(row["sql"] for row in database.execute("SELECT sql FROM sqlite_master"))

    def query(sql: str) -> list[dict[str, Any]]:
        try:
            return [dict(row) for row in database.execute(sql)]
        except sqlite3.Error as error:
            raise ToolError(f"The database says: {error}.") from None  # the model reads it, and tries again

    return Tool(query, description=f"Ask the SQLite database and return the rows. Its tables:\n{tables}")


async def main(model: Model) -> RunResult:
    """Ask a question that needs both tables."""
    async with CodeAgent(model, tools=[query_tool(open_database())]) as agent:
        result = await agent.run("Which boat earned most for each guest?")
    print(result.answer)
    return result


if __name__ == "__main__":
    asyncio.run(main(HubModel()))
