"""What is given as a tool and is made into one, without importing the libraries that it comes from.

as_tool: `as_tool` of one thing · toolbox: the tools of an agent, sets of tools among them · foreign_tool: a tool of
another library · of_smolagents, of_langchain, of_pydantic: how each is read and called · refusals: why something is no
tool, and what to do.
"""
