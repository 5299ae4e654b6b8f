"""Tools inside: tool_stubs call the host's tools, loaded_tools are the Hub's.

tool_module: runs their source; smolagents_shim: stands in for the package that it imports.
"""
