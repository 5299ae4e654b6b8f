"""What a value of a library is written as."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, eq=False)
class Form:
    """{kind: content} in JSON.

    Attributes:
        kind: How it is read.
        content: Plain data, arrays, and other forms.
    """

    kind: str
    content: Any
