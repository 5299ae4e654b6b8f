"""Which of what code showed is sent to a model that can see."""

from agent_core.execution import SVG, Display, Execution
from agent_core.memory.images import shown_images


def shown(**images: str) -> list[str]:
    return shown_images(Execution(displays=(Display({"text/plain": "a figure", **images}),)))


def test_a_figure_is_sent_once_in_the_form_that_a_person_sees():
    assert shown(**{"image/jpeg": "SlBH", "image/png": "UE5H"}) == ["data:image/png;base64,UE5H"]
    assert shown(**{SVG: "<svg/>", "image/jpeg": "SlBH"}) == ["data:image/jpeg;base64,SlBH"]


def test_drawings_and_tables_are_not_sent():
    assert shown(**{SVG: "<svg/>", "text/html": "<table/>"}) == []
