"""Measurements of Glassbox, each beside its peer in the same run. `make bench` runs __main__, which prints them all.

sandbox: steps, starts and memory of the sandbox, by chat (one) and chats (many), in engines. layers: what each way of
holding code costs, and places each place where it can run. parsing: replies read right. tool_calls, external_tools:
calls of tools, ours and from elsewhere. pages: facts found in web pages. demo_cost, tokens, agent_kinds: tokens and
requests. page_start: the app's start, beside bare_page. table: how the tables are written. smoke asks a real model, by
`make smoke`; everyday asks it questions with known answers.
"""
