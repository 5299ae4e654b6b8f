"""What holds a worker: the layers of the kernel, and the supervisor and watchdog beside it.

worker_confinement applies all layers: a file layer, which is landlock_rules (ports and signals, too) or mount_rules, of
readable_paths; seccomp with seccomp_rules (system calls); privileges (capabilities and limits). layer_names: what each
is called, and which of them do the same. system_call_judge, supervision, thread_flags: the calls that the zygote
decides about. watchdog: memory, processor time, disk, threads.
"""
