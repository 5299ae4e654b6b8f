import pytest

from ui.model_picker.first_run import examples
from ui.model_picker.listed import answering, is_for_chats, known_model, short_name
from ui.settings.model_sources import AUTOMATIC, DEMO, HUB, LITELLM, ModelSource
from ui.settings.settings import Settings


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("Qwen/Qwen2.5-Coder-32B-Instruct", "Qwen2.5-Coder-32B"),
        ("Qwen/Qwen2.5-Coder-32B-Instruct:nebius", "Qwen2.5-Coder-32B"),
        ("google/gemma-3-27b-it", "gemma-3-27b"),
        ("openai/gpt-4.1-mini", "gpt-4.1-mini"),
        ("openai/qwen3:8b", "qwen3:8b"),
        ("ollama_chat/qwen3", "qwen3"),
        ("fireworks_ai/accounts/fireworks/models/glm-4p6", "glm-4p6"),
        ("local", "local"),
        ("", ""),
    ],
)
def test_a_model_has_the_name_that_people_say(model: str, name: str):
    assert short_name(model) == name


@pytest.mark.parametrize(
    ("source", "model", "chosen", "name"),
    [
        ("auto", "", DEMO, "Demo"),
        ("auto", "left/over", HUB, "Qwen2.5-Coder-32B"),
        ("hub", "", HUB, "Qwen2.5-Coder-32B"),
        ("hub", " openai/gpt-oss-20b ", HUB, "gpt-oss-20b"),
        ("litellm", "openai/gpt-4.1-mini", LITELLM, "gpt-4.1-mini"),
        ("litellm", "", LITELLM, "Choose a model"),
        ("demo", "left/over", DEMO, "Demo"),
    ],
)
def test_who_would_answer(source: str, model: str, chosen: ModelSource, name: str):
    assert answering(Settings(source=source, model=model), chosen) == name
    assert AUTOMATIC.choose is not None


def test_what_makes_vectors_or_sound_is_none_to_talk_with():
    names = ["nomic-embed-text", "bge-reranker-v2", "openai/whisper-large-v3", "tts-1"]
    assert not any(map(is_for_chats, names))
    assert all(map(is_for_chats, ["qwen3:8b", "gpt-oss-120b", "Qwen/Qwen3-Coder-30B-A3B-Instruct"]))


def test_what_the_browser_is_told_has_nothing_empty():
    assert known_model("hub", "Qwen/Qwen2.5-Coder-32B-Instruct").entry() == {
        "source": "hub",
        "model": "Qwen/Qwen2.5-Coder-32B-Instruct",
        "title": "Qwen2.5-Coder-32B",
        "tools": True,
        "context": 32_768,
    }


def test_each_example_says_what_it_shows():
    shown = [example["display_text"].splitlines() for example in examples()]
    assert len(shown) == 4 and all(title and question for title, question in shown)
    assert [question for _, question in shown] == [example["text"] for example in examples()]
