"""What runs on the inner side of the sandbox: the zygote and the workers forked from it.

These modules import nothing of the host side: they are loaded by a bare interpreter whose module path never holds
the app's source. Only `frames` is used by both sides.
"""
