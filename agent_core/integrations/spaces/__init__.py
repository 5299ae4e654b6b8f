"""Gradio apps as tools: Spaces of the Hugging Face Hub, and apps at any address.

space: find_space and Space, whose endpoints become tools. lookup: whether a Space runs, and where.
client: the app's HTTP API. endpoints: what an app takes and returns. outputs: its results and their files.
"""
