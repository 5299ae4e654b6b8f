"""What runs on the inner side of the sandbox: the zygote and the workers forked from it.

These modules import nothing of the host side: they are loaded by a bare interpreter whose module path never holds
the app's source. The host uses wire_format, message_limits, layer_names, measure and libc as well.

Processes: zygote, process_group, orders, children, checkpoint_fork. What holds them: worker_confinement
(landlock_rules, seccomp with seccomp_rules, privileges), layer_names, system_call_judge, supervision, watchdog,
measure, libc. The worker: worker_setup, worker, memory_limit, channel, wire_format, message_limits, streams, network,
import_check, workspace_modules, process_errors, variables, truncation, data_packages, library_repairs. What notebooks
add: cell, magic_syntax, notebook, shell_commands, packages, event_loop, and stand_ins (ipython_shim, process_shim).
What it shows: displays, figures, library_settings, fonts. What went wrong: tracebacks, printed_tracebacks,
error_location, advice, data_advice, text_look, python_warnings. What files hold: file_overview, file_tables,
file_contents, file_text. Tools: tool_stubs, records, loaded_tools, smolagents_shim.
"""
