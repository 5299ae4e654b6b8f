"""The app's side of the sandbox.

Processes: zygote_process, worker_process, processes. A worker's messages, validated: worker_messages. One step of code
and its limits: code_run, step_time, output. Requests of the running code: guest_requests, tool_calls, connections.
Files: workspace, file_transfer, look_into with file_overview and file_preview. Data: result_encoding and
tool_arguments (what tools give and take), given_values, answer_values, bundles (displays).
"""
