"""The errors of Glassbox. The text of each is a plain sentence that says what happened and, if possible, what to do.

GlassboxError              all errors of this package
├── ModelError             a request to a model failed
│   └── ContextOverflow    the messages are too long for the model
├── ToolError              a tool call failed
├── SandboxError           the sandbox could not be started, or is closed
├── StoreError             chats cannot be read or written
└── Busy                   another run or step is in progress
"""

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
    "loading",
    "content_filter",
    "unsupported",
    "setting",
    "roles",
    "bad_request",
    "no_network",
    "not_running",
    "timeout",
    "cut_off",
    "not_a_reply",
    "not_installed",
    "empty",
]
"""The kind of a failure, for programs that add their own advice."""


class GlassboxError(Exception):
    """The base of all errors of this package. Its text may be shown to a person as it is.

    Attributes:
        code: The kind of failure; "" for any other kind.
    """

    code: ErrorCode = ""


class ModelError(GlassboxError):
    """A request to a model failed: no key, an unknown model, no network, a stream that broke off.

    Attributes:
        code: The kind of failure.
        retryable: Whether another attempt may succeed.
        retry_after: How many seconds the service asked to wait before it; None if it did not say.
    """

    def __init__(
        self, message: str, *, code: ErrorCode = "", retryable: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.retryable = retryable
        self.retry_after = retry_after


class ContextOverflow(ModelError):
    """The messages are longer than the model's context window.

    Attributes:
        window: the size of the window in tokens; None if the service did not name it.
    """

    def __init__(self, message: str, *, window: int | None = None) -> None:
        super().__init__(message, code="too_long")
        self.window = window


class ToolError(GlassboxError):
    """A tool call failed. The text is for the model, which can try something else."""


class SandboxError(GlassboxError):
    """The sandbox could not be started, or is closed."""


class StoreError(GlassboxError):
    """Chats cannot be read or written. What was to be written may be written later."""


class Busy(GlassboxError):
    """Another run or step is in progress. Wait for it, or stop it first."""
