"""The few errors of Glassbox. Each one's text is a plain sentence and, where there is something to do, what to do."""

from typing import Literal

ErrorCode = Literal[
    "",  # of any other kind
    "no_key",
    "bad_key",
    "no_credit",
    "not_allowed",
    "unknown_model",
    "too_long",
    "rate_limited",
    "service_error",
    "busy",
    "content_filter",
    "unsupported",
    "bad_request",
    "no_network",
    "not_running",
    "timeout",
    "cut_off",
    "not_a_reply",
    "not_installed",
    "empty",
]
"""What kind of failure it was, for programs that add what can be done about it in their own surroundings."""


class GlassboxError(Exception):
    """What every error of this package is; its text may be shown to a person as it stands."""

    code: ErrorCode = ""


class ModelError(GlassboxError):
    """A request to a model failed: no key, an unknown model, no network, a stream that broke off.

    Attributes:
        code: what kind of failure it was.
        retryable: it may go by itself, so that another attempt is worth while.
        retry_after: the seconds that the service asked to wait before that; None if it did not say.
    """

    def __init__(
        self, message: str, *, code: ErrorCode = "", retryable: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.retryable = retryable
        self.retry_after = retry_after


class ContextOverflow(ModelError):
    """The messages are longer than the model's context window. window: in tokens, where the service named it."""

    def __init__(self, message: str, *, window: int | None = None) -> None:
        super().__init__(message, code="too_long")
        self.window = window


class ToolError(GlassboxError):
    """A tool could not do what it was asked; the text is for the model, which can try something else."""


class SandboxError(GlassboxError):
    """The sandbox could not be started or is closed."""


class Busy(GlassboxError):
    """A run is going on already; wait for it or stop it first."""
