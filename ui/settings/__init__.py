"""What a person can set.

settings: all settings, checked, and how an agent follows them; a number is declared there and nowhere else.
model_sources: where models come from, one entry each. model_choice: from settings and a key to the models to ask.
form: the side bar. remedies: where in the settings a failure of the core can be mended.
"""
