"""The page.

page: its layout; composer: its foot; panel: its right side; permitted: what a person allowed a chat; whole_page: what
serves its HTML; checked_blocks: what checks all that is sent; event_options: how its events are treated;
gradio_costs: what makes them cheap. handlers: what happens when a person acts. chats: the chats that are open.
view/: events → what is shown. settings/: models and all else that a person sets. model_picker/: the dialog of models,
and the first run. tool_sources/: tools from elsewhere. exports/: chats as files.
api/: questions of programs. security/: what each request passes first. config: what the owner sets. input_checks: what
may be sent. visitors, slots, fair_queue, visitor_queue: who a visitor is, and how much of each goes on at once;
machine: how much of all. ending: how the app ends. heartbeats: which pages are connected. downloads: files out of a
chat. texts/: all words of the page, in each language.
"""
