"""Keeps what an agent is, apart from its chat: as a dict, as a folder, as a Space; and draws it.

records: what is kept, as pydantic models · definition: makes that of an agent · building: makes an agent of it ·
reading: finds it, and `load_agent` · folder: its files · space: the files of a Space that runs · models, secrets:
models without keys, and a search for keys · smolagents: agents that smolagents kept · drawing: the tree and diagram.
"""

from agent_core.agents.keepable import Keeper, register_keeper
from agent_core.keeping.drawing import AgentDrawing
from agent_core.keeping.keeper import push, save, to_dict
from agent_core.keeping.reading import FoundAgent, load_agent, read_agent

register_keeper(Keeper(to_dict=to_dict, save=save, push=push, draw=AgentDrawing))

__all__ = ["AgentDrawing", "FoundAgent", "load_agent", "read_agent"]
