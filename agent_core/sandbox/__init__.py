"""Where the agent's code runs: a Python process of its own for each chat."""

from agent_core.sandbox.policy import DEFAULT_IMPORTS, Limits, Policy
from agent_core.sandbox.sandbox import Sandbox

__all__ = ["DEFAULT_IMPORTS", "Limits", "Policy", "Sandbox"]
