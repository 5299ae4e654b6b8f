"""Checkpoints of a chat: stopped copies of its process for the variables, versions of its workspace for the files.

checkpoints makes and restores them. versions keeps the workspace's files after each step, with snapshot (the tree) and
blob_store (the contents, each once). changed_files finds the files that a step has changed.
quick_work decides whether such work needs a thread.
"""
