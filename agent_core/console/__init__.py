"""Shows the events of a run in a terminal, in plain lines, or in a Jupyter notebook.

- printer: from events to parts: questions, texts that grow, notes, displays, ends. What shows parts is one of these
- terminal, growing, parts: printers with rich, for terminals and, where none listens, in plain lines; texts that grow
  while they are read; how each part looks
- notebook: a printer of Jupyter's displays
- notes, words, usage_text: what is said of events, in sentences that stand in words.toml
- harmless: characters that would control a terminal, shown instead
- tables, pictures: displays as rows, and as files
- replay: runs shown again
"""
