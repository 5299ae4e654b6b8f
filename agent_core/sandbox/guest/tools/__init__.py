"""Tools inside: tool_stubs call the host's tools, loaded_tools are the Hub's.

smolagents_shim: stands in for the package that published tools import.
"""
