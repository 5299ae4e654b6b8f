"""smolagents' GradioUI with a model service: python -m bench.peer_load ADDRESS (it listens on PORT)."""

import os
import sys

from smolagents import CodeAgent, GradioUI, OpenAIServerModel

if __name__ == "__main__":
    model = OpenAIServerModel("peer", api_base=sys.argv[1], api_key="none")
    agent = CodeAgent(tools=[], model=model, stream_outputs=True, verbosity_level=0)
    GradioUI(agent).launch(share=False, server_port=int(os.environ["PORT"]))
