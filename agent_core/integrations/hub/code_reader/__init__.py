"""Reads what a tool's code says about it, without running it. Begin with `tool_parser.read_tool_code`.

tool_class: which class is the tool, and its attributes and methods · tool_inputs: its parameters · annotations: types ·
literals: values that the code writes as literals.
"""
