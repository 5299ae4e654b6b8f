"""Adds to an error which setting can fix it."""

from agent_core.errors import ErrorCode
from ui.texts import words

_REMEDIES: dict[ErrorCode, str] = {  # the names of their words
    "no_key": "type_key",
    "bad_key": "other_key",
    "no_credit": "model",
    "unknown_model": "both",
    "too_long": "model",
    "roles": "model",
    "unsupported": "acts",
    "setting": "set",
    "no_network": "address",
    "not_running": "address",
    "timeout": "model",
    "not_a_reply": "address",
    "not_installed": "model",
    "empty": "address",
}


def has_remedy(code: ErrorCode) -> bool:
    """Return whether a setting can fix an error."""
    return code in _REMEDIES


def with_remedy(message: str, code: ErrorCode) -> str:
    """Return an error's text with advice on the setting that can fix it, if there is one."""
    return f"{message} {words(f'remedy.{_REMEDIES[code]}')}" if has_remedy(code) else message
