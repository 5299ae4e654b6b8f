"""Everyday questions to a real model at an address with OpenAI's API: how many are answered right, in what tokens.

python -m bench.everyday ADDRESS MODEL [AGENT …] [--part tried|held-out] [--show]

For example: python -m bench.everyday http://127.0.0.1:8080/v1 qwen2.5-coder-0.5b code calling peer

The agents are Glassbox's CodeAgent ("code"), its ToolCallingAgent with native calls, if the model is known for them
("calling"), and with calls as JSON in its text ("json"), and the CodeAgent of smolagents ("peer"). All of them without
a name. Each has no tools but its own, the same limits and temperature 0. Prompts are tried on the first half of the
questions only; the other half is held out, to tell whether a prompt fits more than it was tried on.
docs/small-models.md says what was measured.
"""

import argparse
import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from smolagents import agents, models, monitoring

from agent_core import CodeAgent, OpenAIModel, ToolCallingAgent, python
from agent_core.agents.base import Agent

MAX_STEPS = 4
MAX_TOKENS = 512  # of one reply
_SHOWN = 160  # characters of an answer

Check = Callable[[str, str], bool]
"""Whether an answer to a question is right."""


def number(expected: float) -> Check:
    """The first number that the question does not have, or else the last one, is this one."""

    def is_right(question: str, answer: str) -> bool:
        found, given = _numbers(answer), _numbers(question)
        new = [value for value in found if value not in given]
        said = new[0] if new else found[-1] if found else None
        return said is not None and abs(said - expected) <= 0.006 * max(1, min(abs(expected), 100)) / 2

    return is_right


def words(*expected: str) -> Check:
    """The answer has these words in this order, in this case, with nothing but signs between them."""
    pattern = r"\b" + r"\W+(?:and\W+)?".join(map(re.escape, expected)) + r"\b"
    return lambda question, answer: re.search(pattern, answer) is not None


def verdict(*, yes: bool) -> Check:
    """The answer is yes, or no, in any of the usual words."""

    def is_right(question: str, answer: str) -> bool:
        denies = re.search(r"\b(?:no|not|isn['’]t|false)\b", answer, re.IGNORECASE) is not None
        affirms = re.search(r"\b(?:yes|true|is)\b", answer, re.IGNORECASE) is not None
        return affirms and not denies if yes else denies

    return is_right


def greeting(question: str, answer: str) -> bool:
    return re.search(r"\b(?:hello|hi|help|assist)\b", answer, re.IGNORECASE) is not None and len(answer) < 400


def _numbers(text: str) -> list[float]:
    plain = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    return [float(found) for found in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?", plain)]


_PRIMES = [str(n) for n in range(2, 100) if all(n % k for k in range(2, n))]

TRIED: list[tuple[str, Check]] = [
    ("What is 17 * 23 + 5?", number(396)),
    ("What is the cube root of 27?", number(3)),
    ("List the prime numbers below 100.", words(*_PRIMES)),
    ("What is 15% of 240?", number(36)),
    ("What is the sum of the squares of the numbers from 1 to 10?", number(385)),
    ("How many letters does the word 'encyclopedia' have?", number(12)),
    ("Write the word 'keyboard' in reverse.", words("draobyek")),
    ("What is the average of 12, 15, 21 and 40?", number(22)),
    ("What is 2 to the 20th power?", number(1_048_576)),
    ("Hello!", greeting),
    ("How many days are there from 1 May 2024 to 20 August 2024?", number(111)),
    ("How many kilometres are 26.2 miles?", number(42.16)),
    ("Sort these numbers in ascending order: 42, 7, 19, 3, 88", words("3", "7", "19", "42", "88")),
    ("How many words are in 'the quick brown fox jumps over the lazy dog'?", number(9)),
    ("What is the largest number in 31, 87, 12, 90, 45?", number(90)),
    ("A price rises from 80 to 92. By how many percent?", number(15)),
    ("What is the greatest common divisor of 84 and 126?", number(42)),
    ("Write 1994 in Roman numerals.", words("MCMXCIV")),
    ("Is 2028 a leap year?", verdict(yes=True)),
    ("What is 10 factorial?", number(3_628_800)),
]
HELD_OUT: list[tuple[str, Check]] = [
    ("What is 48 * 12 - 77?", number(499)),
    ("What is the square root of 1764?", number(42)),
    ("What is 8% of 1250?", number(100)),
    ("What is the sum of the even numbers from 2 to 50?", number(650)),
    ("How many times does the letter 's' occur in 'mississippi'?", number(4)),
    ("Is 'racecar' a palindrome?", verdict(yes=True)),
    ("What is the median of 7, 3, 11, 5 and 19?", number(7)),
    ("What is 3 to the power of 12?", number(531_441)),
    ("Good morning!", lambda question, answer: greeting(question, re.sub("morning", "hello", answer, flags=re.I))),
    ("What day of the week was 1 January 2000?", words("Saturday")),
    ("How many minutes are there in 3 days?", number(4_320)),
    ("Convert 68 degrees Fahrenheit to Celsius.", number(20)),
    ("Sort these words alphabetically: pear, apple, mango, fig", words("apple", "fig", "mango", "pear")),
    ("What is the smallest number in 14, 9, 27, 6, 31?", number(6)),
    ("A shirt costs 60 and is reduced by 35%. What does it cost now?", number(39)),
    ("What is the least common multiple of 12 and 18?", number(36)),
    (
        "What is the number 200 in binary?",
        lambda question, answer: re.search(r"\b(?:0b)?11001000\b", answer) is not None,
    ),
    ("Is 91 a prime number?", verdict(yes=False)),
    ("Write 'good evening' in capital letters.", words("GOOD", "EVENING")),
    ("I invest 1000 at 5% interest per year. How much is it after 3 years, with compound interest?", number(1157.63)),
]
PARTS = {"tried": TRIED, "held-out": HELD_OUT}


@dataclass(frozen=True)
class Outcome:
    """Of one question."""

    answer: str
    requests: int
    tokens: int


class _PeerModel(models.OpenAIModel):
    """Counts what the peer asks."""

    requests = tokens = 0

    def generate(self, *args: Any, **kwargs: Any) -> models.ChatMessage:
        self.requests += 1
        message = super().generate(*args, **kwargs)
        if message.token_usage:
            self.tokens += message.token_usage.total_tokens
        return message


async def ask_here(kind: type[Agent], address: str, name: str, question: str, *, native: bool | None = None) -> Outcome:
    model = OpenAIModel(name, base_url=address, temperature=0, max_tokens=MAX_TOKENS)
    tools = [python] if kind is ToolCallingAgent else []
    async with kind(model, tools=tools, max_steps=MAX_STEPS, native_calls=native) as agent:
        result = await agent.run(question)
    usage = result.usage
    return Outcome(str(result.answer or result.message), usage.requests, usage.total_tokens)


async def ask_peer(address: str, name: str, question: str) -> Outcome:
    model = _PeerModel(name, api_base=address, api_key="none", temperature=0, max_tokens=MAX_TOKENS)
    agent = agents.CodeAgent([], model, max_steps=MAX_STEPS, verbosity_level=monitoring.LogLevel.OFF)
    try:
        answer = str(await asyncio.to_thread(agent.run, question))
    except Exception as error:  # a run of the peer that fails is an answer that is wrong
        answer = f"{type(error).__name__}: {error}"
    return Outcome(answer, model.requests, model.tokens)


ASKED: dict[str, Callable[[str, str, str], Awaitable[Outcome]]] = {
    "code": lambda *asked: ask_here(CodeAgent, *asked),
    "calling": lambda *asked: ask_here(ToolCallingAgent, *asked),
    "json": lambda *asked: ask_here(ToolCallingAgent, *asked, native=False),
    "peer": ask_peer,
}


async def measure(agent: str, address: str, name: str, part: str, *, show: bool) -> str:
    """Ask an agent the questions of a part. Returns one line about it."""
    right, outcomes = 0, list[Outcome]()
    for question, is_right in PARTS[part]:
        outcome = await ASKED[agent](address, name, question)
        good = is_right(question, outcome.answer)
        right += good
        outcomes.append(outcome)
        if show:
            said = " ".join(outcome.answer.split())[:_SHOWN]
            print(
                f"{'right' if good else 'WRONG'}  {outcome.requests}  {outcome.tokens:>6,}  {question}  →  {said}",
                flush=True,
            )
    requests, tokens = sum(one.requests for one in outcomes), sum(one.tokens for one in outcomes)
    return f"{agent:<8} {part:<9} {right:>2} of {len(outcomes)} right, {requests:>3} requests, {tokens:>7,} tokens"


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address")
    parser.add_argument("model")
    parser.add_argument("agents", nargs="*", help=f"of {', '.join(ASKED)}; all of them without one")
    parser.add_argument("--part", choices=PARTS, help="only this half of the questions")
    parser.add_argument("--show", action="store_true", help="print each answer")
    asked = parser.parse_args()
    for agent in asked.agents or ASKED:
        for part in [asked.part] if asked.part else PARTS:
            print(await measure(agent, asked.address, asked.model, part, show=asked.show), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
