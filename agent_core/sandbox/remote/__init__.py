"""Sandboxes elsewhere: the whole sandbox, its layers and checkpoints included, at the far end of a byte stream.

engine: Engine, what a place has to offer. named: engines by their names. shipping: the archive that is sent there, and
what unpacks it. serve: the far end. frames: what both ends say. child_process: a far end on this machine. docker: in a
container. mirror: the files on this side. remote_box: a chat whose sandbox is there.
"""
