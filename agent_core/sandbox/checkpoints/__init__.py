"""Checkpoints of a chat: stopped copies of its process for the variables, versions of its workspace for the files.

checkpoints makes and restores them. tree knows which came from which. file_history keeps the files of each: versions,
with snapshot (a version's folders) and blob_store (the contents, each once). saved_tree and saved_versions write both
to a disk, where they outlast the app. changed_files finds the files that a step has changed. quick_work decides whether
such work needs a thread.
"""
