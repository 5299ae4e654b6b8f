"""A tool of ours as the files of a Space that smolagents loads; `tool_writer.tool_files` is the entrance.

publishable: which tools can be written · module_parts: what their code needs of its module · smolagents_types: types as
smolagents has them · snippets: code that goes into each file.
"""
