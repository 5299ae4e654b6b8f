"""A fault in an event of the page is a sentence for the person, and in the log without what it quotes."""

import gradio as gr
import pytest

from ui.checked_blocks import CheckedBlocks
from ui.config import Config


async def test_a_fault_is_told_as_a_sentence_and_nothing_is_printed(caplog, capsys):
    def fail() -> None:
        raise ValueError("canary")

    with CheckedBlocks(Config(), analytics_enabled=False) as page:
        gr.Button().click(fail, None, None)
    with pytest.raises(gr.Error, match="Something went wrong inside Glassbox") as raised:
        await page.process_api(page.fns[0], [])
    assert not raised.value.print_exception and raised.value.__suppress_context__
    assert [record.getMessage() for record in caplog.records] == ["An event of the page failed"]
    assert "canary" not in "".join(capsys.readouterr())
