"""A person's settings.

settings: all settings, checked, and how an agent follows them; a number is declared there and nowhere else.
kept: what the browser keeps of them. form: the side bar. keys: where a key that was typed may go.
model_sources: where models come from, one entry each. model_choice: from settings and a key to the models to ask.
"""
