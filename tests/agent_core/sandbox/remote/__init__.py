"""Tests of agent_core.sandbox.remote."""
