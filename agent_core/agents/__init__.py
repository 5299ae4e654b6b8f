"""The agents, and the loop that makes their steps.

base has what all agents are given, asking how they are asked, chat_owner what they do with a chat between runs; code
and tool_calling are the two kinds; as_tool makes one a tool of another. arguments checks what is given, given_functions
names functions that fail; without_loop is for programs that do not await, batch for many questions.
A run: runner (one question) → loop (its steps) → model_call (one reply of a model) → reply_stream (reading it), with
silence (what is known while nothing comes); run has its limits and state, actor is what it needs of its agent,
call_form whether a model acts by native calls, tool_step makes the calls of a tool-calling agent's step. given_values
are what comes with a question into the code, named_values what calls name instead.
Between steps: step_callbacks, planning (a person's look at a plan), answers (answer_checks, and answer_type).
chat_state is the state of a chat, result how a run ended, system_prompt what all system prompts share, event_stream how
events travel; keepable what keeps and draws an agent; repetition detects runs that repeat themselves.
"""
