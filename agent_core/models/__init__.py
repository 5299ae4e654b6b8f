"""Language models.

base: Model, Message, Capabilities, and estimates of tokens. hub, litellm, scripted: one kind of model each; a new kind
is a new file beside them. streaming: reads services' streams. server_events: mends them before the client libraries
read them. error_mapping: failures as a code and a sentence. retry: retries and fallbacks. own_server: asks a server at
one's own address for its window. families: what is known by a model's name. providers: the public services that litellm
supports. hub_login: the login, and whether the Hub can be reached. prompt_cache: marks for providers' caches.
"""
