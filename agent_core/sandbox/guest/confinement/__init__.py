"""What holds a worker: the layers of the kernel, and the supervisor and watchdog beside it.

worker_confinement applies all layers: landlock_rules (files, ports, signals), seccomp with seccomp_rules (system
calls), privileges (capabilities and limits). layer_names: what each is called. system_call_judge, supervision: the
calls that the zygote decides about. watchdog: memory, processor time, disk.
"""
