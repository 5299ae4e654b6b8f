"""What the app's owner sets, by variables of the environment or in a file `.env` beside app.py.

docs/configure.md has the table of them all.
"""

import os
import re
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import Annotated, Any, Literal

from dotenv import load_dotenv
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from agent_core import GlassboxError, Limits
from agent_core.sandbox.confinement import ALLOW_UNCONFINED
from ui.machine import memory_mb, runs_at_once

PREFIX = "GLASSBOX_"
LEAST_MEMORY_MB, LEAST_DISK_MB = 256, 64  # with which a chat's code can work at all
LEAST_KEY = 16  # characters of a key that nobody guesses

Count = Annotated[int, Field(ge=1)]


def _of_one(stranger: int, in_all: str) -> Any:
    """Return a default limit for one visitor: small on a public app, half of the total on a private one."""
    return Field(default_factory=lambda data: stranger if data["public"] else max(data[in_all] // 2, 1))


def _most_step_seconds(data: dict[str, Any]) -> int:
    return max(600 if data["public"] else 3_600, data["step_seconds"])


def _most_memory_mb(data: dict[str, Any]) -> int:
    """Return what a chat has by default, or on a private app all of the machine's memory if that is more."""
    return Limits().memory_mb if data["public"] else max(memory_mb(), Limits().memory_mb)


class ConfigError(GlassboxError):
    """The app cannot start with what its owner has set or given. The text names it and says what is wrong with it."""


class Config(BaseSettings):
    """The owner's settings. Each field is the variable GLASSBOX_<NAME>, except those with an alias.

    Most limits come in pairs: for all together, and for one visitor (`…_per_visitor`); those of code: what a chat has
    at first, and what a person may raise it to (`most_…`).

    Attributes:
        public: Strangers use the app, so it opens no addresses of its own network for them.
        share_keys: The owner's keys and login serve all visitors.
        behind_proxy: The owner's proxy says in X-Forwarded-For who a visitor is.
        hosts: Further names under which browsers may reach the app.
        sandbox: Where code runs.
        sandbox_image: The image for a sandbox elsewhere; "" for its own.
        sandbox_token: Of the account that pays for Sandboxes of Hugging Face.
        ray_address: Of the Ray cluster in which code runs.
        mcp: The file with the owner's MCP servers.
        servers: The ports of this computer at which the page looks for servers of models when somebody asks it to.
        data: The folder that chats are kept in; None for the usual one.
        database_url: The database that they are kept in; "" for a file in that folder.
        data_mb_per_person: What the files of one person's chats may take up, in MB.
        chats: Chats in memory. All others are in the store.
        awake_chats: Idle chats that keep their processes.
        sleep_minutes: Minutes after which an idle chat has its variables as a file, and no processes.
        idle_hours: Hours after which an idle chat leaves the memory.
        unviewed_minutes: Minutes after which a run that no page shows is interrupted.
        runs: Runs in progress; by default what the machine carries.
        grace_seconds: What running steps get to end when the app ends.
        model_seconds: How long a model may show no sign of life.
        step_seconds: The time of one step of code.
        most_step_seconds: What a person may raise it to, and what a step may take with all that it is given.
        most_memory_mb: The memory of a chat's code that a person may set, in MB.
        most_disk_mb: The disk space of a chat that a person may set, in MB.
        upload_mb: The size of one file, in MB.
        uploads_mb: Uploads within an hour, in MB; after that, files that no chat uses are removed.
        downloads: Downloads in progress.
        mcp_sessions: Connected MCP clients.
        pages: Open pages and programs, each with some 130 KB of state.
        events: Events of the page in progress, such as a press of a button.
        connections_per_visitor: Requests in progress.
        asks: Questions of other programs in progress; for one visitor, queued ones count too.
        owner_key: Lets the owner see /metrics and /owner; "" for nobody.
        log: How the log is written.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, populate_by_name=True)

    port: Annotated[int, Field(ge=0, le=65_535, validation_alias="PORT")] = 7860
    space_id: Annotated[str, Field(validation_alias="SPACE_ID")] = ""
    space_host: Annotated[str, Field(validation_alias="SPACE_HOST")] = ""
    space_author: Annotated[str, Field(validation_alias="SPACE_AUTHOR_NAME")] = ""

    public: bool = Field(default_factory=lambda data: bool(data["space_id"]))
    share_keys: bool = Field(default_factory=lambda data: not data["public"])
    behind_proxy: bool = Field(default_factory=lambda data: bool(data["space_id"]))
    hosts: Annotated[tuple[str, ...], NoDecode] = ()
    sandbox: Literal["local", "docker", "hf", "ray"] = "local"
    sandbox_image: Annotated[str, Field(validate_default=True)] = ""
    sandbox_token: Annotated[SecretStr, Field(validate_default=True)] = SecretStr("")
    ray_address: str = "auto"
    mcp: Path | None = None
    servers: Annotated[tuple[Annotated[int, Field(ge=1, le=65_535)], ...], NoDecode] = (11434, 1234, 8080, 8000, 1337)

    data: Path | None = None
    database_url: Annotated[SecretStr, Field(validation_alias="DATABASE_URL")] = SecretStr("")
    data_mb_per_person: Count = Field(default_factory=lambda data: 1_000 if data["public"] else 100_000)

    chats: Count = 200
    chats_per_visitor: Count = _of_one(10, "chats")
    awake_chats: Count = 60
    sleep_minutes: Annotated[float, Field(gt=0)] = 10.0
    idle_hours: Annotated[float, Field(gt=0)] = 3.0
    unviewed_minutes: Annotated[float, Field(gt=0)] = Field(
        default_factory=lambda data: 10.0 if data["public"] else 720.0
    )
    runs: Count = Field(default_factory=runs_at_once)
    runs_per_visitor: Count = _of_one(3, "runs")
    grace_seconds: Annotated[float, Field(ge=0)] = 8.0
    model_seconds: Count = 90
    step_seconds: Count = 30
    most_step_seconds: Count = Field(default_factory=_most_step_seconds)
    most_memory_mb: Annotated[int, Field(ge=LEAST_MEMORY_MB)] = Field(default_factory=_most_memory_mb)
    most_disk_mb: Annotated[int, Field(ge=LEAST_DISK_MB)] = Field(
        default_factory=lambda data: 512 if data["public"] else 10_000
    )
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
    asks: Count = Field(default_factory=lambda data: max(data["runs"] // 3, 1))
    asks_per_visitor: Count = Field(default_factory=lambda data: 4 if data["public"] else 100)
    owner_key: SecretStr = SecretStr("")
    log: Literal["text", "json"] = "text"

    @field_validator("sandbox")
    @classmethod
    def _check_sandbox(cls, value: str) -> str:
        if value == "docker" and not which("docker"):
            raise ValueError("the docker command is not there; install Docker, or leave the setting away")
        if value == "ray" and not find_spec("ray"):
            raise ValueError("Ray is not there; install requirements-ray.txt, or leave the setting away")
        return value

    @field_validator("sandbox_image")
    @classmethod
    def _check_image(cls, value: str, info: ValidationInfo) -> str:
        if value and info.data.get("sandbox") not in ("docker", "hf"):
            raise ValueError(f"it is for code that runs elsewhere; set {PREFIX}SANDBOX to docker or hf too")
        if not value and info.data.get("sandbox") == "hf":
            if not (space := info.data.get("space_id")):
                raise ValueError("Sandboxes of Hugging Face need one; name one, as hf.co/spaces/owner/name")
            return f"hf.co/spaces/{space}"
        return value

    @field_validator("sandbox_token")
    @classmethod
    def _check_sandbox_token(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        token = SecretStr(value.get_secret_value().strip())
        if not token and info.data.get("sandbox") == "hf" and not info.data.get("space_id"):
            raise ValueError("Sandboxes of Hugging Face need one, of the account that pays; on a Space, visitors can")
        return token

    @field_validator("database_url")
    @classmethod
    def _check_address(cls, value: SecretStr) -> SecretStr:
        """Take the addresses that the store can use, and the "postgres://" of some hosts. Errors do not quote it."""
        address = re.sub(r"^postgres://", "postgresql://", value.get_secret_value().strip())
        if address and not re.match(r"(postgresql|sqlite)://", address):
            raise ValueError("it begins with neither postgresql:// nor sqlite:///")
        try:
            make_url(address or "sqlite://")
        except (ArgumentError, ValueError):
            raise ValueError("it is no address like postgresql://user:password@host/name") from None
        return SecretStr(address)

    @field_validator("owner_key")
    @classmethod
    def _check_owner_key(cls, value: SecretStr) -> SecretStr:
        """Refuse a key that somebody could guess. Errors do not quote it."""
        key = SecretStr(value.get_secret_value().strip())
        if 0 < len(key) < LEAST_KEY or not key.get_secret_value().isascii():
            raise ValueError(f"it needs at least {LEAST_KEY} characters, such as those of `openssl rand -hex 16`")
        return key

    @field_validator("servers", mode="before")
    @classmethod
    def _split_ports(cls, value: Any) -> Any:
        return tuple(port.strip() for port in value.split(",") if port.strip()) if isinstance(value, str) else value

    @field_validator("hosts", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        names = value.split(",") if isinstance(value, str) else value
        hosts = tuple(name.strip().lower() for name in names if name.strip())
        if wrong := next((host for host in hosts if "/" in host or ":" in host), None):
            raise ValueError(f"{wrong} is not a host name; write it without scheme, port and path")
        return hosts


def read_config(env_file: Path) -> Config:
    """Read the owner's settings. Variables of the environment take precedence over those of the file.

    All variables of the file are loaded into the environment, keys of model providers included.

    Args:
        env_file: The `.env` file; it need not exist.

    Raises:
        ConfigError: A variable is unknown or cannot be used.
    """
    load_dotenv(env_file)
    known = {ALLOW_UNCONFINED} | {
        PREFIX + name.upper() for name, field in Config.model_fields.items() if not field.validation_alias
    }
    if unknown := sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known):
        raise ConfigError(f"There is no setting {unknown[0]}. docs/configure.md lists all settings.")
    try:
        return Config()
    except ValidationError as error:
        problem = error.errors()[0]
        name = str(problem["loc"][0])
        variable = name if name.isupper() else PREFIX + name.upper()
        said = problem["msg"].removeprefix("Value error, ")  # Pydantic's own words for ours
        raise ConfigError(f"The setting {variable} cannot be used: {said}.") from None
