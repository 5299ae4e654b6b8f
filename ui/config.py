"""What the app's owner sets, by variables of the environment or in a file `.env` beside app.py.

docs/configure.md has the table of them all.
"""

import os
from pathlib import Path
from typing import Annotated, Any

from dotenv import load_dotenv
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from agent_core import GlassboxError
from agent_core.sandbox.confinement import ALLOW_UNCONFINED

PREFIX = "GLASSBOX_"

Count = Annotated[int, Field(ge=1)]


def _of_one(stranger: int, in_all: str) -> Any:
    """What one visitor may have by default: little of a stranger's, half of all among people who know each other."""
    return Field(default_factory=lambda data: stranger if data["public"] else max(data[in_all] // 2, 1))


class ConfigError(GlassboxError):
    """The app cannot start with what its owner has set; the text names the variable and what is wrong with it."""


class Config(BaseSettings):
    """The owner's settings. Each field is the variable GLASSBOX_<NAME>, but for those with a name of their own.

    public: strangers use the app, so that it opens no addresses of its own network for them. share_keys: the owner's
    keys and login serve all visitors. behind_proxy: a proxy of the owner's tells, in X-Forwarded-For, who a visitor is.
    hosts: further names under which browsers may reach the app. mcp: the file with the owner's MCP servers.

    The limits come in pairs: of all together, and of one visitor. chats: open at the same time. awake_chats: of those
    that nobody uses, so many keep their variables. idle_hours: after which a chat is closed. runs: going on at the same
    time. upload_mb: of one file. uploads_mb: within an hour, after which files that no chat took are removed.
    downloads, mcp_sessions: at the same time. pages: open ones, each with some 130 KB of state; programs count as well.
    events: of the page, such as a press of a button, that go on. connections: requests that go on. asks: questions of
    other programs that are worked on at the same time; of one visitor, also those that wait.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, populate_by_name=True)

    port: Annotated[int, Field(ge=0, le=65_535, validation_alias="PORT")] = 7860
    space_id: Annotated[str, Field(validation_alias="SPACE_ID")] = ""
    space_host: Annotated[str, Field(validation_alias="SPACE_HOST")] = ""

    public: bool = Field(default_factory=lambda data: bool(data["space_id"]))
    share_keys: bool = Field(default_factory=lambda data: not data["public"])
    behind_proxy: bool = Field(default_factory=lambda data: bool(data["space_id"]))
    hosts: Annotated[tuple[str, ...], NoDecode] = ()
    mcp: Path | None = None

    chats: Count = 200
    chats_per_visitor: Count = _of_one(10, "chats")
    awake_chats: Count = 60
    idle_hours: Annotated[float, Field(gt=0)] = 3.0
    runs: Count = 24
    runs_per_visitor: Count = _of_one(3, "runs")
    upload_mb: Count = 50
    uploads_mb: Count = 5_000
    uploads_mb_per_visitor: Count = _of_one(500, "uploads_mb")
    downloads: Count = 40
    downloads_per_visitor: Count = _of_one(4, "downloads")
    mcp_sessions: Count = 200
    mcp_sessions_per_visitor: Count = _of_one(10, "mcp_sessions")
    pages: Count = 1_000
    pages_per_visitor: Count = _of_one(100, "pages")
    events: Count = 1_000
    events_per_visitor: Count = _of_one(40, "events")
    connections_per_visitor: Count = Field(default_factory=lambda data: 100 if data["public"] else 1_000)
    asks: Count = 8
    asks_per_visitor: Count = Field(default_factory=lambda data: 4 if data["public"] else 100)

    @field_validator("hosts", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        names = value.split(",") if isinstance(value, str) else value
        hosts = tuple(name.strip().lower() for name in names if name.strip())
        if wrong := next((host for host in hosts if "/" in host or ":" in host), None):
            raise ValueError(f"{wrong} is more than a name; write it without scheme, port and path")
        return hosts


def read_config(env_file: Path) -> Config:
    """The owner's settings. What the environment already has goes before what the file says.

    All variables of the file are taken over, keys of model providers as well.

    Raises:
        ConfigError: a variable is unknown or cannot be used.
    """
    load_dotenv(env_file)
    known = {ALLOW_UNCONFINED} | {
        PREFIX + name.upper() for name, field in Config.model_fields.items() if not field.validation_alias
    }
    if unknown := sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known):
        raise ConfigError(f"There is no setting {unknown[0]}. The table in docs/configure.md names them all.")
    try:
        return Config()
    except ValidationError as error:
        problem = error.errors()[0]
        name = str(problem["loc"][0])
        variable = name if name.isupper() else PREFIX + name.upper()
        raise ConfigError(f"The setting {variable} cannot be used: {problem['msg']}.") from None
