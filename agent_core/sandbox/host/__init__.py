"""The app's side of the sandbox.

zygote_process, worker_process, processes: starting, forking and ending. worker_messages: what a worker sends, checked.
code_run: one step of code, with output (what it shows) and its limits. requests: what code asks for meanwhile,
with tool_calls, step_permissions and connections. workspace, file_transfer: files. result_encoding, bundles: data.
"""
