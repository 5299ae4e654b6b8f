"""The page has words for every layer and for what each cannot do, in each language."""

import pytest

from agent_core.sandbox.guest.confinement import layer_names
from ui.texts.languages import LANGUAGES, speaking
from ui.view.layers import gap_of, named


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_layer_has_a_name_and_a_sentence_for_what_it_cannot_do(language: str):
    layers = (*layer_names.ALL, layer_names.WATCHDOG)
    with speaking(language):
        told = named(layers)
        gaps = [gap_of(layer) for layer in layer_names.GAPS]
    assert (told == ", ".join(layers)) == (language == "en")
    assert all(gap.endswith(".") for gap in gaps)
