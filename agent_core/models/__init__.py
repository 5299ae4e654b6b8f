"""Language models: what one is, and where they come from.

base: Model, Message, Capabilities, and estimates of tokens. hub, litellm, scripted: one model each; a new kind of model
is a file beside them. streaming: reads services' streams. error_mapping: what can fail, as a code and a sentence.
retry: requests that are made again. families: what is known by a model's name. providers: the public services that
litellm supports. hub_login: the login, and whether the Hub answers. prompt_cache: marks for providers' caches.
"""
