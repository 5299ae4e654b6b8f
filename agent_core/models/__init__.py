"""Language models.

base: Model, Message, Capabilities, and estimates of tokens. hub, litellm, openai, scripted: one kind of model each; a
new kind is a new file beside them. served: what the first three share. settings: what a request says beside its
messages. given: whether something is a model, or the name of one. named_sizes: the tokens that a refusal tells of.
streaming: reads services' streams. pieces: those of any model, also of a program's own. server_events: mends
them before the client libraries read them. strict_templates: messages for templates that refuse roles. error_mapping:
failures as a code and a sentence. retry: retries and fallbacks. own_server: what a server at one's own address says of
its window and its template; server_state: what it does meanwhile; server_client: how it is asked. families: what is
known by a model's name. providers: the public services that litellm supports. hub_login: the login, and whether the Hub
can be reached. prompt_cache: marks for providers' caches. signs_of_life: what a service streams beside its words.
provider_names: what who serves a model is called in traces.
"""
