"""Tools inside: tool_stubs call the host's tools, records are what these return, loaded_tools are the Hub's.

smolagents_shim: stands in for the package that published tools import.
"""
