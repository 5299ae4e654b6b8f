"""How much the parts of a worker's messages hold. The worker keeps to it, and the host checks it. Used on both sides.

Lengths are in characters.
"""

LONGEST_NAME = 100  # of a tool, an argument, a variable, a MIME type
LONGEST_HOST = 255
MOST_MIME_TYPES = 20  # of a display
MOST_VARIABLES = 20  # that are described after a step; how many more there are is one further entry
LONGEST_DESCRIPTION = 120  # of a variable
LONGEST_ADVICE = 300
MOST_REPORTED_CALLS = 200  # of tools whose code runs in the worker, in one step
MOST_ARGUMENTS = 50  # of a reported call
LONGEST_CSV = 2**20  # of a table that is displayed
LONGEST_VALUE = 8 * 2**20  # of an answer, encoded
MOST_KEPT = 64 * 2**20  # bytes of a sleeping chat's variables
TRANSFERRED = "all"  # the value of a step that wrote or read variables to the end
