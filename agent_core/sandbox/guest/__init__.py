"""What runs on the inner side of the sandbox: the zygote and the workers forked from it.

These modules import nothing of the host side: they are loaded by a bare interpreter whose module path never holds
the app's source. The host uses `frames` and `layers` as well.

Processes: zygote, process_group, children, checkpoint_fork. What holds them: confine, system_calls, layers,
supervision, watchdog, measure. The worker: worker_setup, worker, channel, frames, streams, network, imports,
blocked_calls, variables, truncation. What it shows: displays, figures. What went wrong: tracebacks, error_location,
advice. Tools: tool_stubs, records, loaded_tools, smolagents_shim.
"""
