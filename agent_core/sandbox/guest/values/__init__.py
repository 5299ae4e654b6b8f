"""Values on their way between host and sandbox: one encoding, as JSON, which both sides write and read.

encoding: a value as JSON · decoding: the value again, from a side that is not trusted · records: what dataclasses and
the like become · tables: of pandas and polars, and arrays · pictures: of PIL and matplotlib ·
answers: what is shown of an answer, with its value.

Nothing is pickled. What is read runs no code, and takes no more memory than a small multiple of its text; pictures,
whose pixels are packed, have a limit of their own.
"""
