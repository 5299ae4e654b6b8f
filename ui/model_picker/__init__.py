"""Choosing the model that answers, and what a new person needs to get one.

listed           a model as the picker lists it
hub_models       the models that the Hub's providers serve now; known_models.txt where the Hub cannot be reached
provider_models  the models of public providers, as litellm lists them
local_servers    servers of models on this computer, looked for when somebody asks
model_check      asks a model for a word
routes           what the picker reads and asks for, and its own files
first_run        the ways on from the demo, and the examples with what each shows
picker.html      its parts and texts
picker.css       its looks, and those of an empty page
picker.js        opens it, hands a choice to the settings, keeps the recent ones
list.js          draws and searches the list, and moves the choice in it
keys.js          takes a key
checking.js      tests a model and says what came of it
"""
