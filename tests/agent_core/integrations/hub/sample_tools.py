"""Tools of ours in the ways that they are written, to be published by the tests."""

import asyncio
import enum
import math
import os
import re
import typing
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

import httpx
import pandas
from bs4 import BeautifulSoup
from PIL import Image
from pydantic import BaseModel, Field

from agent_core import Tool, ToolError, tool
from agent_core.tools.context import ask, report
from tests.doubles import web_server

RATES = {"EUR": 1.0, "USD": 1.25}
_WORD = re.compile(r"\w+")
Unit = Literal["km", "m"]
_calls = [len("runtime")]
counted = 0
HOME = os.environ["PATH"]


@dataclass
class Place:
    name: str
    height: float = 0.0

    def higher(self, by: float) -> float:
        return self.height + by


@dataclass
class Trip:
    start: Place
    stops: list[Place]


def _rate(currency: str) -> float:
    if currency not in RATES:
        raise ToolError(f"There is no rate for {currency}.")
    return RATES[currency]


@tool
def convert(amount: float, currency: str = "USD") -> float:
    """Convert euros to another currency.

    Args:
        amount: in euros
        currency: three letters
    """
    return round(amount * _rate(currency), 2)


@tool(name="root", timeout=5)
def square_root(number: float) -> float:
    """Take the square root."""
    return math.sqrt(number)


@tool
async def wait_for(word: str, times: int = 2) -> list[str]:
    """Repeat a word, slowly."""
    await asyncio.sleep(0)
    return [word] * times


@tool
def words(text: str) -> Iterator[str]:
    """Tell the words one by one."""
    for found in _WORD.finditer(text):
        yield found[0]


@tool
async def numbers(below: int) -> AsyncIterator[int]:
    """Count."""
    for number in range(below):
        yield number


@tool
def highest(places: list[Place], least: float | None = None) -> Place:
    """Find the highest place."""
    return max((p for p in places if least is None or p.height >= least), key=lambda place: place.height)


@tool
def plan(start: Place) -> Trip:
    """Plan a trip with one stop."""
    return Trip(start, [Place("stop", start.height + 1)])


@tool
def length(value: float, unit: Unit = "km", *, exact: bool = False) -> str:
    """Write a length."""
    return f"{value if exact else round(value)} {unit}"


class Pace(enum.Enum):
    FAST = "fast"
    SLOW = "slow"


class Point(BaseModel):
    x: int
    y: int = 2


@tool
def moved(to: Point | None, how: Pace, when: date | None = None) -> str:
    """Move."""
    assert when is None or isinstance(when, date)
    return f"{to and to.y} {how} {when}"


class Spot(typing.TypedDict):
    x: int
    near: list["Spot"]


@tool
def painted(spot: Spot, color: str, size: Annotated[int, "how large"] = 1) -> str:
    """Paint.

    Args:
        color: which (choices: ["red", "green"])
    """
    return f"{spot['x']} {color} {size}"


@tool
def fielded(size: int = Field(default=1, ge=1)) -> int:
    """Take a size."""
    return size


@tool
def unique(items: set[str], pair: tuple[int, ...] = ()) -> int:
    """Count what is different."""
    assert isinstance(items, set)
    assert isinstance(pair, tuple)
    return len(items) + len(pair)


@tool
def middle(first: int | None, second: int | str) -> dict[str, int | None]:
    """Put two things together."""
    return {"first": first, "second": int(second)}


class Counter(Tool):
    """Count the letters of a word."""

    letters = "aeiou"

    def __init__(self) -> None:
        self.seen = 0

    def run(self, word: str, all_letters: bool = False) -> int:
        """
        Args:
            word: any
            all_letters: not only vowels
        """
        self.seen += 1
        return len(word) if all_letters else self._vowels(word)

    def _vowels(self, word: str) -> int:
        return sum(letter in self.letters for letter in word)


class SlowEcho(Tool):
    name = "slow_echo"
    description = 'Say "it" again.'

    async def run(self, text: str) -> str:
        await asyncio.sleep(0)
        return text


class Keyed(Tool):
    """Needs a key."""

    def __init__(self, key: str) -> None:
        self._key = key

    def run(self, text: str) -> str:
        return text + self._key


class Own(Tool):
    """Looks at itself."""

    def run(self, text: str) -> str:
        return text + self.description


@tool
async def asks(text: str) -> str:
    """Ask."""
    return await ask(text)


@tool
def reports(text: str) -> str:
    """Report."""
    report(text)
    return text


@tool
def uses_runtime(text: str) -> int:
    """Use what was made while the module ran."""
    return len(text) + len(_calls)


@tool
def changes(text: str) -> int:
    """Count calls."""
    global counted
    counted += 1
    return counted


@tool
def uses_neighbour(text: str) -> str:
    """Use another module."""
    return text + str(web_server)


@tool
def has_key(text: str) -> str:
    """Hold a key."""
    return text + "hf_abcdefghijklmnopqrstuvwxyz"


def inner_tool(prefix: str) -> Tool:
    @tool
    def prefixed(text: str) -> str:
        """Put something before."""
        return prefix + text

    return prefixed


@tool
async def asks_inside(text: str) -> str:
    """Ask."""
    from agent_core.tools.context import ask as put

    return await put(text)


@tool
def uses_environment(text: str) -> str:
    """Tell the environment."""
    return HOME + text


@tool
def from_the_web(url: str) -> str:
    """Read a page."""
    return BeautifulSoup(httpx.get(url).text, "html.parser").text


def sum_of(first: int, second: int) -> int:
    return first + second


_made: dict[str, Any] = {}
exec("def made(text: str) -> str: return text", _made)
made = _made["made"]
made.__module__ = __name__


@tool
def flipped(picture: Image.Image) -> Image.Image:
    """Flip a picture."""
    return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


@tool
def total(table: pandas.DataFrame) -> int:
    """Add up a table's numbers."""
    return sum(table["n"].tolist())
