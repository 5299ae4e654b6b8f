"""How a chat goes back: variables by stopped copies of its process, files by versions of its workspace.

checkpoints: those of a chat, made and gone back to. versions: the workspace after each step, with snapshot (what lies
there) and blob_store (contents, each once). changed_files: which files a step has changed.
"""
