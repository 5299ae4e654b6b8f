"""Runs the agent's code in a confined Python process, one for each chat."""

from agent_core.sandbox.policy import DEFAULT_IMPORTS, Limits, Policy
from agent_core.sandbox.sandbox import Sandbox

__all__ = ["DEFAULT_IMPORTS", "Limits", "Policy", "Sandbox"]
