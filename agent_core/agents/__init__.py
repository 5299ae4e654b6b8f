"""The agents, and the loop that makes their steps.

base has what all agents share; code and tool_calling are the two kinds; as_tool makes one a tool of another.
A run: run (its limits and state) → loop (its steps) → model_turn (one request) → tool_step (the calls of one step).
chat_state is the state of a chat, result how a run ended, event_stream how events travel; repetition detects runs that
repeat themselves.
"""
