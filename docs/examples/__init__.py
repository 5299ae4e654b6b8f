"""Short programs around agent_core, one for each thing that people do with it. README.md lists them."""
