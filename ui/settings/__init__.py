"""A person's settings.

settings: all settings with their checks, defaults and limits, and how an agent is made to follow them.
limits: the limits of code, within what the owner allows. kept: the settings as the browser keeps them.
form: the side bar. keys: which typed key may go where.
model_sources: the places that models come from. model_choice: chooses the models for some settings and a key.
"""
