"""What a finished piece of code looks like to the model: short, useful, without any path of the host."""

from collections import Counter

from agent_core.execution import Display, Execution, ExecutionError

OBSERVATION_CHARACTERS = 8_000


def observe(execution: Execution) -> str:
    """The observation that follows a step, at most about OBSERVATION_CHARACTERS long."""
    parts = []
    if execution.stdout.strip():
        parts.append(f"Output:\n{shorten(execution.stdout.rstrip())}")
    if execution.value is not None:
        parts.append(f"Value: {shorten(execution.value)}")
    if execution.displays:
        parts.append(f"Shown to the user: {_count(execution.displays)}.")
    if execution.error:
        parts.append(_explain(execution.error))
    if execution.answer:
        parts.append("The answer was given to the user.")
    return "\n".join(parts) or "Output: nothing was printed. Print what you need to see."


def shorten(text: str, limit: int = OBSERVATION_CHARACTERS) -> str:
    """The text itself, or its head and tail with a line between them that says how much is missing."""
    if len(text) <= limit:
        return text
    head, tail = text[: limit * 2 // 3], text[-limit // 3 :]
    return f"{head}\n… {len(text) - len(head) - len(tail):,} characters left out …\n{tail}"


def _explain(error: ExecutionError) -> str:
    return "\n".join(part for part in (f"Error: {error.message}", shorten(error.traceback, 2_000)) if part)


def _count(displays: tuple[Display, ...]) -> str:
    kinds = Counter(_kind(display) for display in displays)
    return ", ".join(f"{number} {kind}{'s' if number > 1 else ''}" for kind, number in kinds.items())


def _kind(display: Display) -> str:
    if any(mime.startswith("image/") for mime in display.data):
        return "image"
    return "table" if "text/html" in display.data else "value"
