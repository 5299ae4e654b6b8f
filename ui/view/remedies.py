"""Adds to an error which setting can fix it."""

from agent_core.errors import ErrorCode

_KEY = "You can type one in the settings."
_MODEL = "You can choose another model in the settings."
_ADDRESS = "You can change the address in the settings."
_REMEDIES: dict[ErrorCode, str] = {
    "no_key": _KEY,
    "bad_key": "You can type another one in the settings.",
    "no_credit": _MODEL,
    "unknown_model": "You can change both in the settings.",
    "too_long": _MODEL,
    "roles": _MODEL,
    "unsupported": "Change how the model acts in the settings, or choose another model there.",
    "no_network": _ADDRESS,
    "not_running": _ADDRESS,
    "timeout": _MODEL,
    "not_a_reply": _ADDRESS,
    "not_installed": _MODEL,
    "empty": _ADDRESS,
}


def has_remedy(code: ErrorCode) -> bool:
    """Return whether a setting can fix an error."""
    return code in _REMEDIES


def with_remedy(message: str, code: ErrorCode) -> str:
    """Return an error's text with advice on the setting that can fix it, if there is one."""
    return f"{message} {_REMEDIES[code]}" if has_remedy(code) else message
