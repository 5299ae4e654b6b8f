"""What tests of the real server share: what its replies look like, and agents that ask it."""

from agent_core import CodeAgent, RetryPolicy
from tests.agent_core.models.support import make
from tests.doubles.llama_server import LlamaServer

ANSWER = r'root ::= "I count it.\n```python\nfinal_answer(\"" [a-z ]{40} "\")\n```"'
"""A step that gives an answer of forty letters.

Grammars are in llama.cpp's own form. They decide how a reply looks, and the model what it says.
"""

PATIENT = RetryPolicy(attempts=1_000, first_wait=0.1, longest_wait=0.1, idle_timeout=300.0)
"""Asks again soon, and waits long for a busy machine."""


def agent_of(
    server: LlamaServer, *, client: str = "hub", system_prompt: str | None = "Answer in Python.", max_steps: int = 1
) -> CodeAgent:
    """An agent with a short prompt, which is read in a moment; None for the real one."""
    return CodeAgent(make(client, server.url), system_prompt=system_prompt, retry=PATIENT, max_steps=max_steps)
