"""The program for the terminal: `python -m agent_core`, or `glassbox`.

- program: from the arguments to an exit code
- arguments: what may be given; making: the agent that it describes
- chat: questions one after the other, each shown while it is answered; interrupting: Ctrl-C
- asking: what a person is asked meanwhile
- json_lines: events as JSON, one a line; saving: files that the code made
"""
