"""The documentation: pages as Markdown, examples/ that run, and what makes the API reference."""
