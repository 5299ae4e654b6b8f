"""What tests of kept chats share."""

from contextlib import aclosing


async def answer(session, question, files=()):
    session.start(question, files)
    async with aclosing(session.follow()) as news:
        async for _ in news:
            pass


def assert_extends(after, before):
    """Each message is as it was; the last one may go on, as two of one role become one."""
    assert after[: len(before) - 1] == before[:-1]
    assert after[len(before) - 1]["content"].startswith(before[-1]["content"])
