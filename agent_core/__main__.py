"""`python -m agent_core "question"`: the program for the terminal."""

import sys

from agent_core.cli.program import main

if __name__ == "__main__":
    sys.exit(main())
