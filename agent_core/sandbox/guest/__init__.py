"""The guest side of the sandbox: the zygote and the workers forked from it.

These modules import nothing of the host side: a bare interpreter loads them, whose module path never holds the app's
source. Both sides use `frames`, `layers` and `measure`.
"""
