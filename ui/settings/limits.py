"""The limits of code, which a person may set within what the app's owner allows, and those of models."""

from dataclasses import replace

from agent_core import Limits, RetryPolicy
from ui.code_running import runs_code
from ui.config import Config
from ui.settings.settings import Settings

_DEFAULT = Limits()


def owner_limits(config: Config) -> Limits:
    """Return the limits of a new chat, with what a person may raise them to."""
    return replace(
        _DEFAULT,
        step_seconds=min(config.step_seconds, config.most_step_seconds),
        most_step_seconds=config.most_step_seconds,
        memory_mb=min(_DEFAULT.memory_mb, config.most_memory_mb),
        most_memory_mb=config.most_memory_mb,
        disk_mb=min(_DEFAULT.disk_mb, config.most_disk_mb),
        most_disk_mb=config.most_disk_mb,
    )


def owner_retry(config: Config) -> RetryPolicy:
    """Return for how long models are waited for, and asked again."""
    return RetryPolicy(silence_timeout=config.model_seconds)


def default_settings(config: Config) -> Settings:
    """Return the settings of a person who has changed nothing."""
    limits = owner_limits(config)
    return Settings(
        agent="code" if runs_code(config) else "tools",
        step_seconds=int(limits.step_seconds),
        memory_mb=limits.memory_mb,
        disk_mb=limits.disk_mb,
    )


def most_of(name: str, config: Config) -> int | None:
    """Return the highest value that the owner allows for a setting; None if they have no say in it."""
    return getattr(config, f"most_{name}", None)
