"""Tools: functions that an agent may call.

base: `Tool` and `@tool` · given/: whatever else is given as a tool · context/: what a tool can do while it works ·
callables, function_parameters, typed_dicts: how a function is read · signature, parameters, schema_types, type_text:
what it takes and returns, as JSON Schema and as Python · native_types: tables, arrays and pictures among that · stubs:
a tool as Python shows it · argument_errors, failures: what went wrong, in words · retries: calls made again ·
docstrings: what they say of parameters · names: which names are allowed · schema_tool: tools whose parameters are given
as a JSON schema (of MCP, Spaces, code) · sandboxed, tool_code: tools that run as code in the sandbox · python: the tool
that runs code · iterators, threads: collecting results, running sync tools · publishing: who publishes a tool.
"""
