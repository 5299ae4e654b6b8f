"""Pieces of code that go into the file of a published tool, in addition to the tool's own code."""

INIT = """
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.tool = {name}()"""

HERE = '''class _Here:
    """Stands for this module where the code runs without one: classes look up their types in it."""


if not isinstance(sys.modules.get(__name__), type(sys)):
    sys.modules[__name__] = _Here()
    sys.modules[__name__].__dict__ = globals()'''

FINISHED = '''def _finished(make):
    """The result of a coroutine, which runs in a thread of its own: here an event loop may run already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(make())).result()'''

COLLECTED = '''async def _collected(items):
    """The items of an async iterator, as a list."""
    return [item async for item in items]'''

MADE = '''def _made(value, kind):
    """What came as JSON, made into what its type says."""
    of, parts = typing.get_origin(kind) or kind, typing.get_args(kind)
    if type(None) in parts:
        kinds = tuple(part for part in parts if part is not type(None))
        return None if value is None else _made(value, typing.Union[kinds])
    if of in (list, set, frozenset):
        return of(_made(item, parts[0]) for item in value) if parts else of(value)
    if of is tuple:
        kinds = [parts[0]] * len(value) if ... in parts else parts
        return tuple(map(_made, value, kinds)) if parts else tuple(value)
    if of is dict and parts:
        return {key: _made(item, parts[1]) for key, item in value.items()}
    if dataclasses.is_dataclass(of) and isinstance(value, dict):
        kinds = typing.get_type_hints(of, globals())
        return of(**{key: _made(item, kinds.get(key)) for key, item in value.items()})
    return of(value) if isinstance(of, enum.EnumMeta) else value'''

NAMES = ("Tool", "_Here", "_finished", "_collected", "_made")
"""Names that the snippets define, so that a tool's own code cannot."""
