"""The file broker: a process for each chat that opens files for its worker, where the kernel has no better means.

The worker's filter hands each call that names a file to the broker (seccomp's user notification); the worker itself
can make none of them. roots: what may be read and written. beneath: the kernel's opening below a folder. file_paths:
where a path leads, and opening it. caller: what a call refers to. file_calls: what each call does. broker_process: the
process, how it is confined, and how it answers. broker_link: the zygote's end. broker_rules, working_folder: the
worker's side. trial: whether the machine can have a broker.

Only one step decides what a worker gets: `openat2` with RESOLVE_BENEATH, from the descriptor of a root. All that is
found out about a path before that only suggests which root to try, so that it may be raced, or wrong.
"""
