"""What one browser is sent of a chat. The running turn and what travels when: test_handlers.py."""

from agent_core.events import RunFinished
from agent_core.usage import Usage
from ui.view.page_updates import meter_text
from ui.view.turn_view import TurnView


def test_the_meter():
    def turn(usage: Usage) -> TurnView:
        return TurnView("why?", finished=RunFinished("answer", "", 1, 2.345, usage))

    assert meter_text([]) == meter_text([TurnView("why?")]) == ""
    assert meter_text([turn(Usage(1_000, 20, 1))]) == "1 request · 1,020 tokens · 2.3 s"
    both = [turn(Usage(1_000, 20, 1)), turn(Usage(5, 5, 2, estimated=True))]
    assert meter_text(both) == "2 requests · ~10 tokens · 2.3 s · whole chat ~1,030 tokens"
