"""What the app's owner sees of it, without a word of what people ask, or of what they get.

run_watch: the runs of all chats, by their events, for whom they concern: metrics (Prometheus), today (what the day came
to) and run_log; logs: how lines of the log are written; traces: OpenTelemetry; seeing: all of these together. state:
what is so at the moment. health, owner_access (who may see), owner_page (with owner.*) and routes: where it is shown.
"""
