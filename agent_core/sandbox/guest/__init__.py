"""What runs on the inner side of the sandbox: the zygote and the workers forked from it.

These modules import nothing of the host side: they are loaded by a bare interpreter whose module path never holds
the app's source. The host uses wire_format, message_limits, measure, libc, values/ and the layers' names as well.

Processes: zygote, process_group, orders, children, checkpoint_fork. The worker: worker_setup, worker, memory_limit,
channel, wire_format, json_parts, message_limits, streams, network, import_check. What holds them: confinement/. What
they bring to the code: notebook/, libraries/, tools/. What they tell: showing/, errors/, files/. values/: objects on
their way between the code and the host.
"""
