"""The agents, and the loop that makes their steps.

base has what all agents share; code and tool_calling are the two kinds; as_tool makes one a tool of another.
A run: runner (one question) → loop (its steps) → model_call (one reply of a model) → reply_stream (reading it), with
silence (what is known while nothing comes); run has its limits and state, actor is what it needs of its agent,
call_form whether a model acts by native calls, tool_step makes the calls of a tool-calling agent's step. given_values
are what comes with a question into the code, named_values what calls name instead.
chat_state is the state of a chat, result how a run ended, system_prompt what all system prompts share, event_stream how
events travel; keepable what keeps and draws an agent; repetition detects runs that repeat themselves.
"""
