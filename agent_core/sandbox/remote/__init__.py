"""Sandboxes elsewhere: the whole sandbox, its layers and checkpoints included, at the far end of a byte stream.

engine: Engine, what a place has to offer. named: engines by their names. shipping: the archive that is sent there, and
what unpacks it. serve: the far end (incoming: files that come there). frames: what both ends say. child_process: a far
end on this machine. docker: in a container. hf_sandboxes: in Sandboxes of Hugging Face (hf_job: one of them;
websocket_stream: the way there; and websocket_end: its other end). ray_cluster: on the nodes of a Ray cluster.
far_process: what is at the other side of both. mirror: the files of one side. shared_files: those of both. remote_box:
a chat whose sandbox is there.
"""
