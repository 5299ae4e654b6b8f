"""Tools: functions that an agent may call.

base: `Tool` and `@tool` · context/: what a tool can do during a call · signature, parameters, schema, type_text: its
parameters and result, as JSON Schema and as Python · stubs: its Python stub · argument_errors: wrong arguments ·
docstrings: descriptions of parameters · names: allowed names · described: tools that third parties describe and execute
(MCP, Spaces) · sandboxed, tool_code: tools whose code runs in the sandbox · python: the tool that runs code ·
iterators, threads: collecting results, running sync tools · publishing: the publisher of tools.
"""
