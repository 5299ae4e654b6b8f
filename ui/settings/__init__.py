"""A person's settings.

settings: all settings, validated, and applied to an agent. model_sources: the sources of models, one entry each.
model_choice: from settings and a key to the models to ask. form: the side bar. remedies: advice on which setting
fixes a failure.
"""
