"""What a tool's code says of it, read without running it; `tool_parser.read_tool_code` is the entrance.

tool_class: which class is the tool, and its attributes and methods · tool_inputs: its parameters · annotations: types ·
literals: values that code writes down.
"""
