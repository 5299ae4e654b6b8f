"""What a thread is, by the flags of clone(2)."""

# A thread must share the memory, the working directory, the descriptors and the signals of its process: nothing would
# measure what it had for itself.
THREAD_MUST = 0x0000_0F00 | 0x0001_0000
# It may also say where to store its state and its id. Nothing else: no namespace, tracer or parent of its own.
THREAD_MAY = THREAD_MUST | 0x0004_0000 | 0x0008_0000 | 0x0010_0000 | 0x0040_0000 | 0x0120_0000
