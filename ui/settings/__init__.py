"""A person's settings.

settings: all settings with their checks, defaults and limits, and how an agent is made to follow them.
limits: the limits of code, within what the owner allows. kept: the settings as the browser keeps them.
form: the tab of the settings; preset_form, prompt_form, reply_form and appearance are parts of it. presets: settings
under a name, those of the page in presets.toml. keys: which typed key may go where. own_agent: the agent that a program
opens the page around.
model_sources: the places that models come from. model_choice: chooses the models for some settings and a key.
"""
